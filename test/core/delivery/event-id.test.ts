import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { homeMailbox, mailboxName, mailboxOf, mintEventId } from '#core/delivery/event-id.ts'

const now = new Date(Date.UTC(2026, 0, 1))

describe('an event id', () => {
  it('names its mailbox: region, app, shard and a ULID', () => {
    expect(mintEventId(homeMailbox('shop'), now)).toMatch(/^any~shop~0~[0-9A-HJKMNP-TV-Z]{26}$/)
  })

  it('leads back to the mailbox it was minted in', () => {
    const name = fc.stringMatching(/^[a-z][a-z0-9]{0,10}(-[a-z0-9]{1,5}){0,3}$/)
    fc.assert(
      fc.property(fc.record({ region: name, app: name, shard: fc.nat(9999) }), address => {
        const id = mintEventId(address, now)
        expect(mailboxOf(id)).toEqual(address)
        expect(id.startsWith(`${mailboxName(address)}~`)).toBe(true)
      }),
    )
  })

  it('sorts by the time it was minted', () => {
    const ids = [0, 1, 2, 1000, 60_000, 86_400_000].map(ms =>
      mintEventId(homeMailbox('shop'), new Date(now.getTime() + ms)),
    )
    expect([...ids].sort()).toEqual(ids)
  })

  it('is never minted twice', () => {
    const ids = Array.from({ length: 1000 }, () => mintEventId(homeMailbox('shop'), now))
    expect(new Set(ids).size).toBe(1000)
  })

  it('can stand in a URL as it is', () => {
    const id = mintEventId(homeMailbox('shop'), now)
    expect(encodeURIComponent(id)).toBe(id)
  })
})

describe('what is no event id', () => {
  const ulid = '01JGFJJZ00ABCDEFGHJKMNPQRS'

  it.each([
    '',
    ulid,
    `any~shop~0~${ulid}~x`,
    `any~shop~${ulid}`,
    `any~~0~${ulid}`,
    `any~Shop~0~${ulid}`,
    `any~shop~-1~${ulid}`,
    `any~shop~12345~${ulid}`,
    `any~shop~0~${ulid.toLowerCase()}`,
    `any~shop~0~${ulid}A`,
    `any~shop~0~${ulid.replace('A', 'I')}`,
    `any~../x~0~${ulid}`,
    `any~shop~0~${ulid}\n`,
  ])('names no mailbox: %j', text => {
    expect(mailboxOf(text)).toBeUndefined()
  })

  it('throws nothing, whatever it is', () => {
    fc.assert(
      fc.property(fc.string(), text => {
        expect(mailboxOf(text)).toBeUndefined()
      }),
    )
  })
})
