import { verify as verifyGithub } from '@octokit/webhooks-methods'
import { Webhook as StandardWebhook } from 'standardwebhooks'
import Stripe from 'stripe'
import { Webhook as SvixWebhook } from 'svix'
import { describe, expect, it } from 'vitest'
import { utf8Bytes } from '#core/encoding.ts'
import { Secret } from '#core/secrets/secret.ts'
import { signAs } from '#core/webhook/sign.ts'
import { row, rows } from '../../support/vectors.ts'
import { judged, otherSecret, secretOf } from '../../support/webhooks.ts'

const body = '{"id":"evt_1","type":"invoice.paid","note":"Größe – ✓"}'
const bytes = utf8Bytes(body)
/** The vendors' own libraries compare with the clock on the wall. */
const nowSeconds = Math.floor(Date.now() / 1000)
const input = { id: 'msg_1', timestampSeconds: nowSeconds }

describe.each(rows)('signing as $name', row => {
  const { scheme, vector } = row

  it('reproduces the vector, header for header', async () => {
    const id = scheme.ids.flatMap(place => ('header' in place ? place.header : []))[0]
    const given = { id: id ? (vector.headers[id] ?? '') : '', timestampSeconds: vector.now }
    const signed = await signAs(scheme, utf8Bytes(vector.body), given, [secretOf(row)])
    expect(vector.headers).toMatchObject(signed)
  })

  it('makes what verifies, with every secret where the header takes several', async () => {
    const secrets = [otherSecret(row, 'next'), secretOf(row)]
    const headers = await signAs(scheme, bytes, input, secrets)
    expect(await judged(scheme, { headers, body, nowSeconds }, secrets.slice(0, 1))).toBe('next')
    expect(await judged(scheme, { headers, body, nowSeconds }, secrets.slice(1))).toBe(
      scheme.signature.separator ? 'current' : 'signature-mismatch',
    )
  })

  it('throws secret-missing rather than sign with nothing', async () => {
    for (const secrets of [[], [new Secret('empty', '')]])
      await expect(signAs(scheme, bytes, input, secrets)).rejects.toMatchObject({ code: 'secret-missing' })
  })
})

describe('what is signed is accepted by the vendors’ own libraries', () => {
  it('stripe', async () => {
    const headers = await signAs(row('stripe').scheme, bytes, input, [
      new Secret('a', 'whsec_a'),
      new Secret('b', 'whsec_b'),
    ])
    const { webhooks } = new Stripe('sk_test_none')
    for (const secret of ['whsec_a', 'whsec_b']) {
      const event = await webhooks.constructEventAsync(body, headers['stripe-signature'] ?? '', secret)
      expect(event.id).toBe('evt_1')
    }
    await expect(webhooks.constructEventAsync(body, headers['stripe-signature'] ?? '', 'whsec_c')).rejects.toThrow()
  })

  it.each([
    ['standard-webhooks', StandardWebhook],
    ['svix', SvixWebhook],
  ])('%s', async (name, Webhook) => {
    const secrets = [secretOf(row(name)), otherSecret(row(name))]
    const headers = await signAs(row(name).scheme, bytes, input, secrets)
    for (const secret of secrets) expect(() => new Webhook(secret.reveal()).verify(body, headers)).not.toThrow()
    expect(() => new Webhook(`whsec_${btoa('a key that signed nothing')}`).verify(body, headers)).toThrow()
    expect(() => new Webhook(secretOf(row(name)).reveal()).verify(`${body} `, headers)).toThrow()
  })

  it('github', async () => {
    const headers = await signAs(row('github').scheme, bytes, input, [new Secret('a', 'octo')])
    expect(await verifyGithub('octo', body, headers['x-hub-signature-256'] ?? '')).toBe(true)
    expect(headers['x-github-delivery']).toBe('msg_1')
  })
})
