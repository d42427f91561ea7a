import type { Settings } from '#core/settings/settings.ts'
import type { Entry } from './entry.ts'
import type { Manifest } from './schema.ts'

type Stage = Manifest['spec']['lifecycle']['stage']

/** What a stage does to the traffic of an app. */
export interface StageRow {
  /** Not released yet: callers of the owner's team alone, places of the operator's list alone, values always masked. */
  readonly isSandboxed: boolean
  /** Callers hear from its publication on that the app goes; of any other in its last 30 days. */
  readonly isLeaving: boolean
  /** So many days before its end callers are slowed down. */
  readonly slowedDays?: number
}

const open = { isSandboxed: false, isLeaving: false }

export const stageRows = {
  prototype: { ...open, isSandboxed: true },
  sandbox: { ...open, isSandboxed: true },
  validated: { ...open, isSandboxed: true },
  production: open,
  maintenance: { ...open, isLeaving: true },
  decommission: { ...open, isLeaving: true, slowedDays: 7 },
} as const satisfies Record<Stage, StageRow>

/** The row of the stage that an app is in. */
export function stageOf({ manifest }: Entry): StageRow {
  return stageRows[manifest.spec.lifecycle.stage]
}

/** Whether an app is held to the sandbox, as its stage says and the operator asks for. */
export function isSandboxed({ lifecycle }: Manifest['spec'], { sandbox }: Pick<Settings, 'sandbox'>): boolean {
  return sandbox !== undefined && stageRows[lifecycle.stage].isSandboxed
}
