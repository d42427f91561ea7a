import { describe, expect, it } from 'vitest'
import { utf8Bytes } from '#core/encoding.ts'
import { Secret } from '#core/secrets/secret.ts'
import { signAs } from '#core/webhook/sign.ts'
import { verifyClaim } from '#core/webhook/verify.ts'
import { row, rows } from '../../support/vectors.ts'
import { arrivalOf, judged, otherSecret, secretOf } from '../../support/webhooks.ts'

describe.each(rows)('verifying $name', row => {
  const { scheme } = row

  it('names the secret that matched, whichever of several it is', async () => {
    const names = ['next', 'current', 'last']
    for (const right of names) {
      const secrets = names.map(name => (name === right ? secretOf(row, name) : otherSecret(row, name)))
      expect(await judged(scheme, arrivalOf(row), secrets)).toBe(right)
    }
  })

  it('is a mismatch when every listed secret is in place and none matches', async () => {
    expect(await judged(scheme, arrivalOf(row), [otherSecret(row)])).toBe('signature-mismatch')
  })

  it('is our fault, not the vendor’s, when no secret is in place', async () => {
    expect(await judged(scheme, arrivalOf(row), [undefined])).toBe('secret-missing')
    expect(await judged(scheme, arrivalOf(row), [])).toBe('secret-missing')
  })

  it('is our fault when one of two secrets is missing and the other does not match', async () => {
    expect(await judged(scheme, arrivalOf(row), [otherSecret(row), undefined])).toBe('secret-missing')
    expect(await judged(scheme, arrivalOf(row), [undefined, otherSecret(row)])).toBe('secret-missing')
  })

  it('verifies with the secret in place although another is missing', async () => {
    expect(await judged(scheme, arrivalOf(row), [undefined, secretOf(row)])).toBe('current')
  })

  it('is our fault when the secret is empty', async () => {
    expect(await judged(scheme, arrivalOf(row), [new Secret('empty', '')])).toBe('secret-missing')
  })

  it('hands back the exact bytes that were signed', async () => {
    const { headers, body, now } = row.vector
    const fields = {
      timestamp: String(now),
      id: headers[scheme.ids.flatMap(p => ('header' in p ? p.header : []))[0] ?? ''],
    }
    const expected = scheme.signed
      .replace('{timestamp}', fields.timestamp)
      .replace('{id}', fields.id ?? '')
      .replace('{body}', body)
    const signed = await signAs(scheme, utf8Bytes(body), { id: fields.id ?? '', timestampSeconds: now }, [
      secretOf(row),
    ])
    const text = signed[scheme.signature.header] ?? ''
    const encoded = text.slice(text.indexOf(scheme.signature.prefix) + scheme.signature.prefix.length)
    const candidate = Uint8Array.from(
      scheme.signature.encoding === 'hex'
        ? (encoded.match(/../g) ?? []).map(pair => Number.parseInt(pair, 16))
        : [...atob(encoded)].map(character => character.charCodeAt(0)),
    )
    const claim = { candidates: [candidate], timestamp: fields.timestamp, ...(fields.id && { id: fields.id }) }
    const verification = await verifyClaim(scheme, claim, utf8Bytes(body), [secretOf(row)])
    expect(verification.kind === 'verified' && new TextDecoder().decode(verification.signedBytes)).toBe(expected)
  })
})

describe('secrets that a scheme cannot use', () => {
  it.each(['whsec_not base64!', 'whsec_', 'whsec_YWJj=', 'whsec_YWJ', 'whsec_YWJjZB=='])(
    'says secret-missing, never signature-mismatch, of %j under a whsec scheme',
    async text => {
      const standard = row('standard-webhooks')
      expect(await judged(standard.scheme, arrivalOf(standard), [new Secret('broken', text)])).toBe('secret-missing')
    },
  )

  it('takes a whsec secret with or without its prefix, as the vendors’ libraries do', async () => {
    const standard = row('standard-webhooks')
    const bare = new Secret('bare', standard.vector.secret.replace('whsec_', ''))
    expect(await judged(standard.scheme, arrivalOf(standard), [bare])).toBe('bare')
  })

  it('keeps the keys of two schemes apart that share one secret', async () => {
    const github = row('github')
    const hmac = row('hmac')
    const shared = new Secret('shared', 'one secret, two hashes')
    for (const { scheme } of [github, hmac]) {
      const nowSeconds = 1_795_230_000
      const headers = await signAs(scheme, utf8Bytes('{}'), { id: 'evt-1', timestampSeconds: nowSeconds }, [shared])
      const again = new Secret('again', shared.reveal())
      expect(await judged(scheme, { headers, body: '{}', nowSeconds }, [again])).toBe('again')
    }
  })
})
