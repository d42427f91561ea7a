import { expect, it } from 'vitest'
import { gathered, noticeOf, noticeText, type Occurrence } from '#core/owner/notice.ts'

const at = (second: number) => `2026-01-01T00:00:${String(second).padStart(2, '0')}.000Z`
const death = (n: number, source = 'shop'): Occurrence => ({
  at: at(n),
  source,
  eventId: `any~app~0~${n}`,
  reason: 'upstream-timeout',
  attempts: 12,
})

const digest = (occurrences: readonly Occurrence[]) => {
  const [first, ...others] = occurrences
  if (!first) throw new Error('nothing happened')
  return JSON.parse(noticeText('app', 'any~app~0', others.reduce(gathered, noticeOf('id-1', 'dead-letters', first))))
}

it('says one thing in full', () => {
  expect(digest([death(1)])).toEqual({
    type: 'dead-letters',
    app: 'app',
    mailbox: 'any~app~0',
    source: 'shop',
    count: 1,
    sources: { shop: 1 },
    events: [death(1)],
    since: at(1),
    until: at(1),
  })
})

it('says many things as one: all of them counted, by source, the first ten listed', () => {
  const many = Array.from({ length: 40 }, (_, n) => death(n, n % 4 === 0 ? 'till' : 'shop'))
  const message = digest(many)
  expect(message).toMatchObject({ count: 40, sources: { shop: 30, till: 10 }, since: at(0), until: at(39) })
  expect(message.events).toEqual(many.slice(0, 10))
  expect(message).not.toHaveProperty('source')
})

it('names a source only if everything in it is of that source', () => {
  expect(digest([death(1), death(2)])).toHaveProperty('source', 'shop')
  expect(digest([{ at: at(1), reason: 'all of it' }, death(2)])).not.toHaveProperty('source')
  expect(digest([{ at: at(1) }])).toMatchObject({ count: 1, sources: {} })
})
