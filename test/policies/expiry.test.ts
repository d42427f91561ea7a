import { describe, expect, it } from 'vitest'
import { expiry } from '#policies/expiry.ts'
import { entryOf, exchangeOf, recordingPorts } from '../support/ports.ts'

describe('expiry', () => {
  const expiresAt = new Date(Date.UTC(2026, 5, 1))
  const at = (offsetMs: number) =>
    expiry.before(
      exchangeOf({ entry: entryOf({}, expiresAt) }),
      recordingPorts({}, new Date(expiresAt.getTime() + offsetMs)).ports,
    )

  it('passes an app until the last millisecond of its life', async () => {
    expect(await at(-1)).toMatchObject({ kind: 'pass' })
  })

  it('denies it as app-expired from the moment its life ends', async () => {
    for (const offsetMs of [0, 1, 86_400_000]) expect(await at(offsetMs)).toMatchObject({ fault: 'app-expired' })
  })
})
