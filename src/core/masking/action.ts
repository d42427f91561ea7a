import type { AppKeys } from './app-keys.ts'
import { lookAlike } from './format.ts'

/** What becomes of a value that was found. */
export const actions = ['redact', 'mask', 'hash', 'tokenize', 'format', 'drop', 'block'] as const

export type Action = (typeof actions)[number]

/** Characters that `mask` leaves at the end unless a rule says otherwise. */
export const defaultKeepLast = 4

export interface ActionSetting {
  readonly keepLast: number
  /** Needed by the actions of `keyedActions`. */
  readonly keys: AppKeys | undefined
}

type Replace = (type: string, value: string, setting: ActionSetting) => string

const redact: Replace = type => `[${type}]`

/** One row per action. `block` lets nothing through at all; what it writes is never sent. */
const rows: Record<Action, Replace> = {
  redact,
  mask: (_type, value, { keepLast }) => starred(value, keepLast),
  hash: (type, value, { keys }) => `GHH_${type}_${required(keys).hash(type, value)}`,
  tokenize: (type, value, { keys }) => required(keys).seal(type, value) ?? redact(type, value, { keepLast: 0, keys }),
  format: (type, value, { keys }) => {
    const other = lookAlike(type, value, required(keys))
    return other === value ? starred(value, 0) : other
  },
  drop: () => '',
  block: redact,
}

/** Actions that need the app's keys. */
export const keyedActions: ReadonlySet<Action> = new Set(['hash', 'tokenize', 'format'])

/** The text that stands for a value. */
export function replacementOf(action: Action, type: string, value: string, setting: ActionSetting): string {
  return rows[action](type, value, setting)
}

/** Keeps the last characters, but never more than half of the value; the others become `*`. */
function starred(value: string, keepLast: number): string {
  const characters = /[\ud800-\udfff]/.test(value) ? [...value] : value
  const kept = Math.min(keepLast, Math.floor(characters.length / 2))
  const end = kept === 0 ? '' : characters.slice(-kept)
  return '*'.repeat(characters.length - kept) + (typeof end === 'string' ? end : end.join(''))
}

function required(keys: AppKeys | undefined): AppKeys {
  if (!keys) throw new TypeError('this action needs the keys of the app')
  return keys
}
