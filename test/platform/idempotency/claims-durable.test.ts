import { expect, it } from 'vitest'
import type { Env } from '#platform/env.ts'
import { durableClaims } from '#platform/idempotency/claims-durable.ts'

/** What the emulator cannot do: bindings that write down which jurisdiction an object is asked for in. */
function namespaces() {
  const asked: string[] = []
  const within = (place: string): unknown => ({
    jurisdiction: (name: string) => within(name),
    getByName(name: string, options?: { locationHint: string }) {
      asked.push(`${place}${options ? ` near ${options.locationHint}` : ''}: ${name}`)
      return { claim: async () => ({ kind: 'claimed', token: 't' }), settle: async () => {} }
    },
  })
  return { asked, CLAIMS: within('anywhere') as Env['CLAIMS'] }
}

const bindings = { bucket: 'PAYLOADS', deadLetters: 'DEAD_LETTERS', spill: 'SPILL' }
const REGIONS = { eu: { jurisdiction: 'eu', ...bindings }, far: { hint: 'oc', ...bindings } }

it('outside `local` a claim is asked for in the jurisdiction of its region', async () => {
  const { asked, CLAIMS } = namespaces()
  const claims = durableClaims({ CLAIMS, REGIONS, ENVIRONMENT: 'production' })
  for (const region of ['eu', 'far', 'any']) await claims.claim({ region, app: 'shop' }, 'ab12', 'print', 1_000)
  await claims.settle({ region: 'eu', app: 'shop' }, 'ab12', 't', { kind: 'released' })
  expect(asked).toEqual(['eu: eu~shop~ab', 'anywhere near oc: far~shop~ab', 'anywhere: any~shop~ab', 'eu: eu~shop~ab'])
  await expect(claims.claim({ region: 'gone', app: 'shop' }, 'ab12', 'print', 1_000)).rejects.toThrow('no region')
})
