import { describe, expect, it } from 'vitest'
import { maxCandidates, printable, readClaim } from '#core/webhook/signature-header.ts'
import { row, rows } from '../../support/vectors.ts'
import { arrivalOf, judged, secretOf } from '../../support/webhooks.ts'

const stripe = row('stripe')
const standard = row('standard-webhooks')
const stripeItems = (stripe.vector.headers['stripe-signature'] ?? '').split(',')
const [stripeTime = '', stripeSignature = ''] = stripeItems
const forged = `v1=${'0'.repeat(64)}`

describe.each(rows.filter(({ scheme }) => scheme.timestamp))('the timestamp of $name', row => {
  const at = (offBySeconds: number, toleranceSeconds = 300) =>
    judged(row.scheme, arrivalOf(row, { nowSeconds: row.vector.now + offBySeconds, toleranceSeconds }), [secretOf(row)])

  it('is taken up to the tolerance, on either side', async () => {
    expect(await at(300)).toBe('current')
    expect(await at(-300)).toBe('current')
  })

  it('is refused one second past the tolerance, on either side', async () => {
    expect(await at(301)).toBe('timestamp-outside')
    expect(await at(-301)).toBe('timestamp-outside')
  })

  it('is held to the tolerance that the source sets', async () => {
    expect(await at(6, 5)).toBe('timestamp-outside')
    expect(await at(301, 600)).toBe('current')
  })
})

describe.each(rows)('the headers of $name', row => {
  const { scheme, vector } = row
  const required = [
    scheme.signature.header,
    ...(scheme.timestamp && 'header' in scheme.timestamp ? [scheme.timestamp.header] : []),
    ...(scheme.signed.includes('{id}') ? scheme.ids.flatMap(place => ('header' in place ? place.header : [])) : []),
  ]

  it.each(required)('are refused as signature-missing without %s, or with it empty', async name => {
    const { [name]: _, ...others } = vector.headers
    expect(await judged(scheme, arrivalOf(row, { headers: others }), [secretOf(row)])).toBe('signature-missing')
    expect(await judged(scheme, arrivalOf(row, { headers: { ...others, [name]: '' } }), [secretOf(row)])).toBe(
      'signature-missing',
    )
  })

  it('are read whatever the case of their names', async () => {
    const upper = Object.fromEntries(Object.entries(vector.headers).map(([name, value]) => [name.toUpperCase(), value]))
    expect(await judged(scheme, arrivalOf(row, { headers: upper }), [secretOf(row)])).toBe('current')
  })

  it('verify nothing new when the signature header comes twice', async () => {
    const headers = new Headers(vector.headers)
    headers.set(scheme.signature.header, `${scheme.signature.prefix}AAAA`)
    headers.append(scheme.signature.header, `${scheme.signature.prefix}BBBB`)
    expect(await judged(scheme, arrivalOf(row, { headers }), [secretOf(row)])).toMatch(/^signature-m/)
  })
})

describe('one header with several signatures', () => {
  const judgedStripe = (header: string) =>
    judged(stripe.scheme, arrivalOf(stripe, { headers: { 'stripe-signature': header } }), [secretOf(stripe)])
  const judgedStandard = (header: string) =>
    judged(
      standard.scheme,
      arrivalOf(standard, { headers: { ...standard.vector.headers, 'webhook-signature': header } }),
      [secretOf(standard)],
    )
  const real = standard.vector.headers['webhook-signature'] ?? ''

  it('verifies when any of several v1 items matches, past v0 items it does not know', async () => {
    expect(await judgedStripe([stripeTime, forged, 'v0=00ff', stripeSignature].join(','))).toBe('current')
    expect(await judgedStripe([stripeSignature, 'v0=00ff', stripeTime].join(', '))).toBe('current')
    expect(await judgedStandard(`v1a,${'A'.repeat(86)}== v1,${'A'.repeat(43)}= ${real}`)).toBe('current')
  })

  it('does not take the signature under another version’s name', async () => {
    expect(await judgedStripe(`${stripeTime},${stripeSignature.replace('v1=', 'v0=')}`)).toBe('signature-missing')
    expect(await judgedStripe(`${stripeTime},${stripeSignature.replace('v1=', 'v0=')},${forged}`)).toBe(
      'signature-mismatch',
    )
    expect(await judgedStandard(real.replace('v1,', 'v2,'))).toBe('signature-missing')
  })

  it('refuses a header with two timestamps, even two equal ones', async () => {
    expect(await judgedStripe(`${stripeTime},${stripeTime},${stripeSignature}`)).toBe('signature-missing')
    expect(await judgedStripe(`t=1,${stripeTime},${stripeSignature}`)).toBe('signature-missing')
  })

  it('looks at no more than maxCandidates signatures', async () => {
    const padding = Array.from({ length: maxCandidates }, () => forged)
    expect(await judgedStripe([stripeTime, ...padding.slice(1), stripeSignature].join(','))).toBe('current')
    expect(await judgedStripe([stripeTime, ...padding, stripeSignature].join(','))).toBe('signature-mismatch')
  })

  it('counts signatures that are no hex or base64 among those', () => {
    const items = Array.from({ length: 50 }, () => 'v1=zz')
    const claimed = readClaim(
      stripe.scheme,
      new Headers({ 'stripe-signature': [stripeTime, ...items, stripeSignature].join(',') }),
      new Date(stripe.vector.now * 1000),
      300,
    )
    expect('claim' in claimed && claimed.claim.candidates).toEqual([])
  })
})

describe('a timestamp that no vendor writes', () => {
  it.each(['1e9', '-5', '0x10', '1795230000.0', '١٧٩٥٢٣٠٠٠٠', '9'.repeat(13), 'NaN'])('is refused: %j', async text => {
    const headers = { 'stripe-signature': `t=${encodeURI(text)},${stripeSignature}` }
    expect(await judged(stripe.scheme, arrivalOf(stripe, { headers }), [secretOf(stripe)])).not.toBe('current')
    const own = { ...standard.vector.headers, 'webhook-timestamp': encodeURI(text) }
    expect(await judged(standard.scheme, arrivalOf(standard, { headers: own }), [secretOf(standard)])).toBe(
      'timestamp-outside',
    )
  })

  it('is refused when its header comes twice', async () => {
    const headers = new Headers(standard.vector.headers)
    headers.append('webhook-timestamp', String(standard.vector.now))
    expect(await judged(standard.scheme, arrivalOf(standard, { headers }), [secretOf(standard)])).toBe(
      'timestamp-outside',
    )
  })

  it('is signed as text, so that the same number in other digits does not verify', async () => {
    const headers = { ...standard.vector.headers, 'webhook-timestamp': `0${standard.vector.now}` }
    expect(await judged(standard.scheme, arrivalOf(standard, { headers }), [secretOf(standard)])).toBe(
      'signature-mismatch',
    )
  })
})

describe('an id', () => {
  it('is visible ASCII of at most 256 characters, or none', () => {
    expect(printable('msg_1')).toBe('msg_1')
    expect(printable('a'.repeat(256))).toBe('a'.repeat(256))
    for (const text of [null, '', 'a b', 'ä', 'a\tb', '\u007f', 'a'.repeat(257)])
      expect(printable(text)).toBeUndefined()
  })
})
