import { describe, expect, it } from 'vitest'
import { registered } from '#policies/registered.ts'
import { answering, entryOf, exchangeOf, recordingPorts } from '../support/ports.ts'

describe('registered', () => {
  it('passes an app of the registry, with its entry', async () => {
    const entry = entryOf()
    const { ports } = recordingPorts({ registry: answering({ kind: 'found', entry }) })
    expect(await registered.before(exchangeOf(), ports)).toEqual({ kind: 'pass', change: { entry } })
  })

  it('denies an unknown app as app-unknown', async () => {
    const { ports } = recordingPorts({ registry: answering({ kind: 'unknown' }) })
    expect(await registered.before(exchangeOf(), ports)).toMatchObject({ kind: 'deny', fault: 'app-unknown' })
  })

  it('denies an entry that cannot be used as entry-invalid, with the reason for the log', async () => {
    const { ports } = recordingPorts({ registry: answering({ kind: 'invalid', detail: 'tampered' }) })
    expect(await registered.before(exchangeOf(), ports)).toMatchObject({ fault: 'entry-invalid', detail: 'tampered' })
  })

  it('asks for the app that the URL names', async () => {
    const asked: string[] = []
    const registry = {
      find: async (app: string) => {
        asked.push(app)
        return { kind: 'unknown' } as const
      },
      remembers: () => false,
    }
    await registered.before(exchangeOf({ app: 'other' }), recordingPorts({ registry }).ports)
    expect(asked).toEqual(['other'])
  })
})
