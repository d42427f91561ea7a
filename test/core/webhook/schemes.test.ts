import { describe, expect, it } from 'vitest'
import { schemes } from '#core/webhook/schemes.ts'
import { rows, vectors } from '../../support/vectors.ts'
import { arrivalOf, judged, secretOf } from '../../support/webhooks.ts'

describe('the vendors’ rows', () => {
  it('has a vector for every row and for home-made options, and no vector without a row', () => {
    expect(Object.keys(vectors).sort()).toEqual([...Object.keys(schemes), 'hmac'].sort())
    for (const [name, vector] of Object.entries(vectors)) expect(vector.scheme).toBe(name)
  })

  it.each(rows)('verifies a real $name signature: $vector.producedBy', async row => {
    expect(await judged(row.scheme, arrivalOf(row), [secretOf(row)])).toBe('current')
  })

  it('names headers in lower case, as they are compared', () => {
    for (const { scheme } of rows) {
      const named = [
        scheme.signature.header,
        ...(scheme.alsoSecret ?? []),
        ...(scheme.timestamp && 'header' in scheme.timestamp ? [scheme.timestamp.header] : []),
        ...scheme.ids.flatMap(place => ('header' in place ? [place.header, place.scope ?? ''] : [])),
      ]
      for (const name of named) expect(name).toBe(name.toLowerCase())
    }
  })

  it('signs the body in every row, and the timestamp wherever there is one', () => {
    for (const { scheme } of rows) {
      expect(scheme.signed).toContain('{body}')
      expect(scheme.signed.includes('{timestamp}')).toBe(scheme.timestamp !== undefined)
    }
  })

  it('calls an id in a header signed only where the signature covers it', () => {
    for (const { scheme } of rows) {
      const [first, ...others] = scheme.ids.filter(place => 'header' in place)
      expect(first?.signed ?? false).toBe(scheme.signed.includes('{id}'))
      expect(others.some(place => place.signed)).toBe(false)
    }
  })
})
