import * as z from 'zod'
import type { Ports } from '#core/ports.ts'
import { approvals } from './approvals.ts'
import { apps } from './apps.ts'
import { audit } from './audit.ts'
import { type Call, call } from './call.ts'
import { discoveries } from './discoveries.ts'
import { doorTo } from './door.ts'
import { egress } from './egress.ts'
import { events } from './events.ts'
import { explanations } from './explain.ts'
import { fleet } from './fleet.ts'
import { masking } from './masking.ts'
import { documentOf } from './openapi.ts'
import { publishing } from './publishing.ts'
import { registry } from './registry.ts'
import { removal } from './removal.ts'
import { replays } from './replays.ts'
import { secrets } from './secrets.ts'
import { self } from './self.ts'
import { shadow } from './shadow.ts'
import { status } from './status.ts'
import { switches } from './switches.ts'

const openapi = call(
  {
    method: 'get',
    path: '/openapi.json',
    role: 'viewer',
    does: 'This document.',
    isForEveryTeam: true,
    answers: { 200: z.looseObject({ openapi: z.string() }) },
  },
  async () => [200, documentOf(calls)],
)

/** Every call of the admin API; a row here is a route, and a part of `openapi.json`. */
export const calls: readonly Call[] = [
  openapi,
  ...self,
  ...apps,
  ...switches,
  ...publishing,
  ...removal,
  ...registry,
  ...status,
  ...approvals,
  ...egress,
  ...audit,
  ...discoveries,
  ...events,
  ...explanations,
  ...fleet,
  ...masking,
  ...replays,
  ...secrets,
  ...shadow,
]

/** `/admin/v1`: what operators, approvers, authors and viewers ask for. */
export const admin = (ports: Ports) => doorTo(calls, ports)
