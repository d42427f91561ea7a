import { describe, expect, it } from 'vitest'
import { Fault } from '#core/fault.ts'
import { knownRules } from '#core/fleet/known.ts'
import { fleetStanding, putFleetInForce } from '#core/fleet/publish.ts'
import { type StoredFleet, storedFleet } from '#core/fleet/stored.ts'
import { fleetTrust } from '#core/fleet/trust.ts'
import type { Publication } from '#core/manifest/publish.ts'
import { fleetStatement } from '#core/manifest/signed.ts'
import type { Ports } from '#core/ports.ts'
import { approver, keySetOf } from '../../support/approver.ts'
import { requestRule } from '../../support/fleet.ts'
import { recordingPorts } from '../../support/ports.ts'

const anna = await approver('ES256', 'anna')
const mallory = await approver('ES256', 'anna')
const approvers = keySetOf(anna)
const environment = 'production'
const trust = fleetTrust({ environment, approvers })
const rule = requestRule('shop', "request.method != 'PUT'", { allows: {}, denies: { request: { method: 'PUT' } } })

const signed = async (fleet: StoredFleet, by = anna, where = environment): Promise<StoredFleet> => {
  const { digest, sequence } = fleet
  return { ...fleet, signature: await by.sign(fleetStatement({ environment: where, digest, sequence })) }
}
const strict = await signed({ ...(await storedFleet([rule])), sequence: 7 })
const empty: StoredFleet = { ...(await storedFleet([])), sequence: 8 }

const bad: [string, unknown, string][] = [
  ['taken away', undefined, 'are gone'],
  ['made empty', empty, 'not signed'],
  ['signed by somebody else', await signed(empty, mallory), 'of no approver'],
  ['signed for another environment', await signed(empty, anna, 'staging'), 'something else'],
  ['given another’s signature', { ...empty, signature: strict.signature }, 'something else'],
  ['brought back from before', await signed({ ...empty, sequence: 6 }), 'sequence 6, and 7 was in force'],
  ['malformed', {}, 'malformed'],
]

describe('fleet rules that must be signed', () => {
  it('count with an approver’s signature, and where there never were any', async () => {
    expect(await trust.fault(strict, 7)).toBeUndefined()
    expect(await trust.fault(undefined, 0)).toBeUndefined()
    expect(await fleetTrust({ environment }).fault(empty, undefined)).toBeUndefined()
  })

  it.each(bad)('cannot be loosened by whoever can write to storage: %s', async (_, stored, why) => {
    expect(await trust.fault(stored, 7)).toContain(why)
    expect(await trust.fault(stored, undefined)).toContain('the switchboard is away')
    const { ports, pass } = recordingPorts()
    let held: unknown = strict
    const store = {
      async fleet() {
        const fault = await trust.fault(held, 7)
        if (fault) throw new Error(fault)
        return held
      },
    }
    const rules = knownRules(store, ports.clock, ports.log, () => {})
    expect((await rules.find()).rules).toHaveLength(1)
    held = stored
    pass(31_000)
    expect((await rules.find()).rules).toHaveLength(1)
    await expect(knownRules(store, ports.clock, ports.log, () => {}).find()).rejects.toMatchObject({
      code: 'entry-invalid',
    })
  })

  it('are put in force with a signature over what will hold, and refused with what to sign', async () => {
    const written: Publication[] = []
    const ports = {
      registryStore: { fleet: async () => strict, write: async () => {} },
      switchboard: {
        find: async () => ({ sequence: 7 }),
        publish: async (publication: Publication) => {
          written.push(publication)
          return { lacking: [] }
        },
      },
      settings: { environment, approvers },
      clock: { now: () => new Date('2026-11-21T12:00:00Z') },
    } as unknown as Ports
    const put = (signature?: string) => putFleetInForce([], { publishedBy: 'olga', signature }, ports)
    const { digest } = empty
    await expect(put()).rejects.toMatchObject({
      code: 'request-invalid',
      problems: [
        { path: 'signature', remedy: expect.stringContaining(fleetStatement({ environment, digest, sequence: 8 })) },
      ],
    })
    await expect(put((await signed(empty, mallory)).signature)).rejects.toMatchObject({ code: 'request-invalid' })
    expect(written).toEqual([])
    const { signature } = await signed(empty)
    expect(await put(signature)).toMatchObject({ change: 'changed', sequence: 8 })
    expect(written).toMatchObject([{ app: '-', pointer: { sequence: 8, signature } }])
  })

  it('are followed by rules above all that were, also where those that are stored do not count', async () => {
    const standing = (fleet: () => Promise<unknown>) =>
      fleetStanding({
        registryStore: { fleet },
        switchboard: { find: async () => ({ sequence: 7 }) },
      } as unknown as Ports)
    expect(await standing(async () => ({ ...strict, sequence: 9 }))).toMatchObject({ nextSequence: 10 })
    const bad = standing(async () => Promise.reject(new Fault('entry-invalid', 'the fleet rules are gone')))
    expect(await bad).toEqual({ stored: undefined, fault: 'the fleet rules are gone', nextSequence: 8 })
  })
})
