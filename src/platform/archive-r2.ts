import type { ContentsPage } from '#core/delivery/event.ts'
import { mailboxOf } from '#core/delivery/event-id.ts'
import { keys } from '#core/keys.ts'
import type { Archive, Contents, Payloads } from '#core/ports.ts'
import { bytesOf, removeFrom } from './payloads-r2.ts'
import { type Buckets, bucketOf } from './places.ts'

/** Dead letters in R2, in the bucket of their region: what happened as JSON, and the bytes beside it. */
export function r2Archive(buckets: Buckets, payloads: Payloads): Archive {
  return {
    async keep(letter, { event, headers, body }) {
      const bucket = bucketOf(buckets, event.id)
      const bytes = body ?? (await payloads.get(event.id))
      await bucket.put(keys.deadLetterBody(event.id), bytes, { customMetadata: { source: event.source } })
      const facts = JSON.stringify({ ...letter, event, headers })
      await bucket.put(keys.deadLetter(event.id), facts, { httpMetadata: { contentType: 'application/json' } })
    },
    async holds(eventId) {
      const bucket = buckets.get(mailboxOf(eventId)?.region ?? '')
      return !!(await bucket?.head(keys.deadLetterBody(eventId)))
    },
    contents: (app, page) => archived(buckets, app, page),
    async body(eventId) {
      return bytesOf(await bucketOf(buckets, eventId).get(keys.deadLetterBody(eventId)))
    },
    remove: eventIds => removeFrom(buckets, eventIds, id => [keys.deadLetter(id), keys.deadLetterBody(id)]),
  }
}

/** Region by region, by the bytes: they are written before the letter, and so are there wherever it is. */
async function archived(buckets: Buckets, app: string, { limit, after, source }: ContentsPage): Promise<Contents> {
  const regions = [...buckets.keys()]
  const [, inRegion = regions[0] ?? '', startAfter = ''] = /^([^/]*)\/(.*)$/s.exec(after ?? '') ?? []
  const prefix = keys.deadLettersOf(app, inRegion)
  const bucket = buckets.get(inRegion)
  const listed = await bucket?.list({
    prefix,
    limit: 2 * limit,
    include: ['customMetadata'],
    ...(startAfter && { startAfter }),
  })
  const found = (listed?.objects ?? []).filter(({ key }) => key.endsWith('/body'))
  const events = found.map(({ key, size, customMetadata }) => ({
    id: key.slice(keys.deadLetters.length, -'/body'.length),
    source: customMetadata?.source ?? '',
    size,
    at: `${inRegion}/${key}`,
  }))
  const last = listed?.truncated ? listed.objects.at(-1)?.key : undefined
  const following = regions[regions.indexOf(inRegion) + 1]
  const next = last !== undefined ? `${inRegion}/${last}` : following && `${following}/`
  return { events: events.filter(event => !source || event.source === source), ...(next && { next }) }
}
