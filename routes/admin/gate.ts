import { mailboxOf } from '#core/delivery/event-id.ts'
import { Fault } from '#core/fault.ts'
import { type Operator, operatorFrom, type Role, refused } from '#core/identity/operator.ts'
import type { Entry } from '#core/manifest/entry.ts'
import type { Ports } from '#core/ports.ts'
import type { Asked, CallRow } from './call.ts'

/**
 * Who may make the calls of a role: one of `has`. For every app if they have one of `everywhere` too, and else for
 * the apps of their own teams alone. No role includes another, but every role may look.
 */
const admissions: Readonly<Record<Role, { readonly has: readonly Role[]; readonly everywhere: readonly Role[] }>> = {
  viewer: { has: ['operator', 'approver', 'author', 'viewer'], everywhere: ['operator', 'approver', 'viewer'] },
  author: { has: ['author'], everywhere: ['operator'] },
  approver: { has: ['approver'], everywhere: ['approver'] },
  operator: { has: ['operator'], everywhere: ['operator'] },
}

type GatePorts = Pick<Ports, 'settings' | 'keySets' | 'clock' | 'registry'>

/**
 * Whoever may make calls of a role for the whole fleet.
 *
 * @throws Fault
 */
export async function admitted(request: Request, role: Role, ports: GatePorts): Promise<Operator> {
  const { operator, isEverywhere } = await holderOf(role, request, ports)
  if (!isEverywhere) throw missing(operator, `${role} of the whole fleet`)
  return operator
}

/** Whoever makes a call, before anything of it is read, and which apps they may know of. */
export async function callerOf(request: Request, { role }: Pick<CallRow, 'role'>, ports: GatePorts) {
  if (role === 'none') return { operator: await signedIn(request, ports), isEverywhere: false, sees: () => false }
  const { operator, isEverywhere } = await holderOf(role, request, ports)
  return { operator, isEverywhere, sees: (entry: Entry) => isEverywhere || isOwn(entry, operator) }
}

/**
 * Refuses an author a call about an app of another team, or about none. Every name by which a call says its app is
 * looked at, so that none of them hides another.
 *
 * @throws Fault
 */
export async function assertOwn(
  { operator, params, query, body }: Pick<Asked, 'operator' | 'params' | 'query' | 'body'>,
  { isForEveryTeam }: CallRow,
  { registry }: GatePorts,
): Promise<void> {
  const { app, id } = params as Readonly<Record<string, string | undefined>>
  const named = [app, appIn(query), appIn(body), id === undefined ? undefined : mailboxOf(id)?.app]
  const apps = new Set(named.filter(name => name !== undefined))
  if (apps.size === 0 && !isForEveryTeam) throw missing(operator, 'a role for the whole fleet')
  for (const name of apps) {
    const lookup = await registry.find(name)
    if (lookup.kind === 'unknown') throw new Fault('not-found', `no app ${name}`)
    if (lookup.kind === 'invalid') throw new Fault('entry-invalid', lookup.detail)
    if (!isOwn(lookup.entry, operator)) throw missing(operator, `the team of ${name}`)
  }
}

async function holderOf(role: Role, request: Request, ports: GatePorts) {
  const operator = await signedIn(request, ports)
  const { has, everywhere } = admissions[role]
  const holds = (one: Role) => operator.roles.includes(one)
  if (!has.some(holds)) throw missing(operator, role)
  return { operator, isEverywhere: everywhere.some(holds) }
}

function signedIn(request: Request, ports: GatePorts): Promise<Operator> {
  const { adminUrl } = ports.settings
  if (adminUrl && new URL(request.url).host !== new URL(adminUrl).host)
    throw new Fault('route-unknown', 'admin on another host')
  return operatorFrom(request.headers.get('authorization'), ports)
}

function isOwn({ manifest }: Entry, { teams }: Operator): boolean {
  return teams.includes(manifest.spec.owner.team)
}

function appIn(input: unknown): string | undefined {
  const { app } = (input ?? {}) as { readonly app?: unknown }
  return typeof app === 'string' ? app : undefined
}

function missing({ subject, roles, teams }: Operator, wanted: string): Fault {
  return refused('role-missing', `${subject} has [${roles}] in [${teams}], needs ${wanted}`, 'insufficient_scope')
}
