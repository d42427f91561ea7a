import { type Action, actions } from '#core/masking/action.ts'
import type { EntityType } from '#core/masking/detectors/entity-types.ts'
import { type Body, chatEvents, orders, plainText } from './bodies.ts'
import type { Other } from './others.ts'

export interface Case {
  readonly name: string
  readonly action: Action
  readonly body: () => Body
  /** Absent: every built-in type. */
  readonly entities?: readonly EntityType[]
  /** Another engine than ours, on the same body. */
  readonly other?: Other
  /** MB/s that the design asks for. */
  readonly atLeast?: number
}

const usual: readonly EntityType[] = ['EMAIL', 'PHONE', 'CREDIT_CARD', 'IBAN']

/** What is measured: every type unless the name says otherwise. */
export const cases: readonly Case[] = [
  { name: 'clean JSON, 10 KB', action: 'mask', body: () => orders(10_000, 0), atLeast: 50 },
  { name: 'clean JSON, 1 MB', action: 'mask', body: () => orders(1_000_000, 0), atLeast: 50 },
  { name: 'clean JSON, 1 MB, four types', action: 'mask', body: () => orders(1_000_000, 0), entities: usual },
  { name: 'ten values per KB, four types', action: 'mask', body: () => orders(10_000, 10), entities: usual },
  ...actions
    .filter(action => action !== 'block')
    .map(action => ({
      name: `ten values per KB, ${action}`,
      action,
      body: () => orders(10_000, 10),
      ...(action === 'mask' && { atLeast: 10 }),
    })),
  ...(['redact-pii', 'openredaction'] as const).flatMap((other): Case[] => [
    { name: `clean JSON, 10 KB, ${other}`, action: 'mask', body: () => orders(10_000, 0), other },
    { name: `ten values per KB, ${other}`, action: 'mask', body: () => orders(10_000, 10), other },
  ]),
  { name: 'clean text, 100 KB', action: 'mask', body: () => plainText(100_000) },
  { name: 'chat events, 100 KB', action: 'tokenize', body: () => chatEvents(100_000) },
]
