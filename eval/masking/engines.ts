import { createRequire } from 'node:module'
import { OpenRedaction } from '@openredaction/core'
import { detectorOf } from '#core/masking/detectors/detector.ts'
import { type EntityType, entityTypes } from '#core/masking/detectors/entity-types.ts'
import type { Label } from './case.ts'

/** What an engine made of a text; spans only where it tells them. */
export interface Masked {
  readonly text: string
  readonly findings?: readonly Label[]
}

export interface Engine {
  readonly name: string
  mask(text: string): Promise<Masked> | Masked
}

/** Ours, looking for these types. */
export function gatehouse(types: ReadonlySet<string>): Engine {
  const detector = detectorOf(entityTypes.filter((type: EntityType) => types.has(type)))
  return {
    name: 'gatehouse',
    mask(text) {
      const findings = detector.find(text)
      let masked = ''
      let at = 0
      for (const { type, start, end } of findings) {
        masked += `${text.slice(at, start)}[${type}]`
        at = end
      }
      return { text: masked + text.slice(at), findings }
    },
  }
}

/** Others, with names and addresses off, which neither we nor the labels know. */
export function others(): Engine[] {
  const openredaction = new OpenRedaction({ includeNames: false, includeAddresses: false })
  const { SyncRedactor } = createRequire(import.meta.url)('redact-pii') as typeof import('redact-pii')
  const off = { enabled: false }
  const redactPii = new SyncRedactor({ builtInRedactors: { names: off, streetAddress: off, zipcode: off } })
  return [
    { name: 'redact-pii', mask: text => ({ text: redactPii.redact(text) }) },
    { name: 'openredaction', mask: async text => ({ text: (await openredaction.detect(text)).redacted }) },
  ]
}
