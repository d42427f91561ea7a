import { AwsV4Signer } from 'aws4fetch'
import { describe, expect, it } from 'vitest'
import { credentialSecrets, inject, needsBody } from '#core/egress/credential/broker.ts'
import type { Outgoing } from '#core/egress/credential/kind.ts'
import { encode, utf8Bytes } from '#core/encoding.ts'
import { Credential } from '#core/manifest/egress-credential.ts'
import { Secret } from '#core/secrets/secret.ts'
import { recordingPorts, secretsOf } from '../../../support/ports.ts'

const value = 'sk_live_51NqZx0A'
const body = utf8Bytes('{"n":1}')
const { ports } = recordingPorts({}, new Date(Date.UTC(2026, 0, 1)))

async function injected(credential: unknown, change: Partial<Outgoing> = {}) {
  const outgoing = {
    method: 'POST',
    url: new URL('https://api.example.com/v1/a?b=c%20d&key=app'),
    headers: new Headers(),
    body,
  }
  return inject(
    Credential.parse(credential),
    [new Secret('key', value), new Secret('session', 'the-session')],
    { ...outgoing, ...change },
    ports,
  )
}

describe('a credential', () => {
  it.each([
    [{ as: 'bearer', secret: 'key' }, 'authorization', `Bearer ${value}`],
    [{ as: 'header', secret: 'key', name: 'X-Api-Key' }, 'x-api-key', value],
    [{ as: 'header', secret: 'key', name: 'authorization', prefix: 'Token ' }, 'authorization', `Token ${value}`],
    [{ as: 'basic', secret: 'key', user: 'anna' }, 'authorization', `Basic ${btoa(`anna:${value}`)}`],
    [{ as: 'basic', secret: 'key' }, 'authorization', `Basic ${btoa(value)}`],
  ])('%j takes its slot, whatever the app put there', async (credential, name, expected) => {
    const { headers, url, hidden } = await injected(credential, {
      headers: new Headers({ [name]: 'of the app', other: 'stays' }),
    })
    expect(Object.fromEntries(headers)).toEqual({ [name]: expected, other: 'stays' })
    expect(url.search).toBe('?b=c%20d&key=app')
    expect(hidden).toContain(value)
  })

  it('as query takes the place of the parameter of that name, and leaves the others byte for byte', async () => {
    const { url, hidden } = await injected({ as: 'query', secret: 'key', name: 'key' })
    expect(url.href).toBe(`https://api.example.com/v1/a?b=c%20d&key=${value}`)
    expect(hidden).toEqual([value])
    const twice = await injected(
      { as: 'query', secret: 'key', name: 'key' },
      { url: new URL('https://api.example.com/?k%65y=1&a&key') },
    )
    expect(twice.url.href).toBe(`https://api.example.com/?a&key=${value}`)
  })

  it('as hmac signs what its template names', async () => {
    const credential = {
      as: 'hmac',
      secret: 'key',
      name: 'x-signature',
      prefix: 'v1=',
      algorithm: 'hmac-sha256',
      encoding: 'hex',
    }
    const signed = '{timestamp}.{method}.{host}{path}?{query}.{body}'
    const { headers } = await injected({ ...credential, signed, timestamp: 'x-time' })
    const message = '1767225600.POST.api.example.com/v1/a?b=c%20d&key=app.{"n":1}'
    const key = await crypto.subtle.importKey('raw', utf8Bytes(value), { name: 'HMAC', hash: 'SHA-256' }, false, [
      'sign',
    ])
    const expected = encode(new Uint8Array(await crypto.subtle.sign('HMAC', key, utf8Bytes(message))), 'hex')
    expect(Object.fromEntries(headers)).toEqual({ 'x-signature': `v1=${expected}`, 'x-time': '1767225600' })
    expect(needsBody(Credential.parse({ ...credential, signed: '{body}' }), new Headers())).toBe(true)
    expect(needsBody(Credential.parse({ ...credential, signed: '{method}' }), new Headers())).toBe(false)
  })

  it('as sigv4 signs afresh what an SDK of AWS has signed with keys that are none', async () => {
    const credential = {
      as: 'sigv4',
      secret: 'key',
      sessionToken: 'session',
      accessKeyId: 'AKIDEXAMPLE',
      region: 'us-east-1',
      service: 'iam',
    }
    const given = new Headers({
      'x-amz-date': '20200101T000000Z',
      'x-amz-security-token': 'of the app',
      'x-amz-target': 't',
    })
    const { headers, hidden } = await injected(credential, { headers: given })
    expect(headers.get('x-amz-date')).toBe('20260101T000000Z')
    expect(headers.get('x-amz-security-token')).toBe('the-session')
    const again = new AwsV4Signer({
      method: 'POST',
      url: 'https://api.example.com/v1/a?b=c%20d&key=app',
      headers: { 'x-amz-target': 't' },
      body,
      accessKeyId: 'AKIDEXAMPLE',
      secretAccessKey: value,
      sessionToken: 'the-session',
      region: 'us-east-1',
      service: 'iam',
      datetime: '20260101T000000Z',
    })
    expect(headers.get('authorization')).toBe((await again.sign()).headers.get('authorization'))
    expect(headers.get('authorization')).toMatch(
      /^AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE\/20260101\/us-east-1\/iam\/aws4_request/,
    )
    expect(hidden).toEqual([value, 'the-session'])
  })

  it('as sigv4 needs the body in memory, but not for S3, nor where the app has hashed it', () => {
    const of = (service: string) =>
      Credential.parse({ as: 'sigv4', secret: 'key', accessKeyId: 'A', region: 'r', service })
    expect(needsBody(of('iam'), new Headers())).toBe(true)
    expect(needsBody(of('s3'), new Headers())).toBe(false)
    expect(needsBody(of('iam'), new Headers({ 'x-amz-content-sha256': '0'.repeat(64) }))).toBe(false)
  })
})

describe('the manifest refuses', () => {
  it.each([
    [{ as: 'bearer' }],
    [{ as: 'bearer', secret: 'sk_live_x' }],
    [{ as: 'header', secret: 'key' }],
    [{ as: 'header', secret: 'key', name: 'Host' }],
    [{ as: 'header', secret: 'key', name: 'gatehouse-token' }],
    [{ as: 'header', secret: 'key', name: 'a b' }],
    [{ as: 'basic', secret: 'key', user: 'a:b' }],
    [{ as: 'hmac', secret: 'key', name: 'x', algorithm: 'hmac-sha256', encoding: 'hex', signed: '{nonce}' }],
    [{ as: 'hmac', secret: 'key', name: 'x', algorithm: 'hmac-sha256', encoding: 'hex', signed: '{timestamp}' }],
    [{ as: 'sigv4', secret: 'key', region: 'r', service: 's' }],
    [{ as: 'oauth2', secret: 'key', clientId: 'c' }],
    [{ as: 'bearer', secret: 'key', name: 'x' }],
  ])('%j', credential => {
    expect(Credential.safeParse(credential).success).toBe(false)
  })
})

it('a secret that is not in place is named', async () => {
  const credential = Credential.parse({ as: 'bearer', secret: 'absent' })
  await expect(credentialSecrets('shop', credential, secretsOf({}))).rejects.toMatchObject({
    code: 'secret-missing',
    detail: 'secret absent of shop is not in place',
  })
})
