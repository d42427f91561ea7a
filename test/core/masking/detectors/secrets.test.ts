import { describe, expect, it } from 'vitest'
import { detectorOf } from '#core/masking/detectors/detector.ts'
import { markedSecrets, shapedSecrets } from '#core/masking/detectors/secrets/rows.ts'

const detector = detectorOf(['API_SECRET'])
const found = (text: string, context?: string) =>
  detector.find(text, context).map(({ subtype, start, end }) => `${subtype}=${text.slice(start, end)}`)
const filled = (alphabet: string, length: number) =>
  Array.from({ length }, () => alphabet[Math.floor(Math.random() * alphabet.length)]).join('')

const hex = '0123456789abcdef'
const letters = 'abcdefghijkmnpqrstuvwxyz'
const upper = 'ABCDEFGHJKLMNPQRSTUVWXYZ'
/** Fresh each run, so that nothing here looks like a leaked key. */
const marked: readonly (readonly [subtype: string, make: () => string])[] = [
  ['aws_access_key_id', () => `AKIA${filled(upper, 16)}`],
  ['github_token', () => `ghp_${filled(letters, 36)}`],
  ['stripe_key', () => `sk_live_${filled(letters, 24)}`],
  ['slack_token', () => `xoxb-${filled('123456789', 12)}-${filled(letters, 24)}`],
  ['anthropic_key', () => `sk-ant-${filled(letters, 60)}`],
  ['openai_key', () => `sk-proj-${filled(letters, 48)}`],
  ['sendgrid_key', () => `SG.${filled(letters, 22)}.${filled(letters, 43)}`],
  ['npm_token', () => `npm_${filled(letters, 36)}`],
  ['mailchimp_key', () => `${filled(hex, 32)}-us7`],
  ['azure_client_secret', () => `abc8Q~${filled(letters, 34)}`],
  ['jwt', () => `eyJ${filled(letters, 20)}.eyJ${filled(letters, 40)}.${filled(letters, 43)}`],
]

describe('secrets', () => {
  it('are of at least a hundred kinds', () => {
    expect(new Set([...markedSecrets, ...shapedSecrets].map(({ subtype }) => subtype)).size).toBeGreaterThanOrEqual(100)
  })

  it.each(marked)('%s, wherever a word may begin', (subtype, make) => {
    for (const [before, after] of [
      ['', ''],
      ['key=', ''],
      ['("', '")'],
      ['https://x.example/?k=', '&y=1'],
    ] as const) {
      const secret = make()
      expect(found(before + secret + after)).toContain(`${subtype}=${secret}`)
    }
    expect(found(`x${make()}`.slice(0, 12))).toEqual([])
  })

  it('private keys from begin to end, also in a JSON string, and as far as they go without an end', () => {
    const block = `-----BEGIN RSA PRIVATE KEY-----\\n${filled(letters, 200)}\\n-----END RSA PRIVATE KEY-----`
    expect(found(`key: ${block}, next`)).toEqual([`private_key=${block}`])
    expect(found(block.slice(0, 150))).toEqual([`private_key=${block.slice(0, 150)}`])
    expect(found(block.replaceAll('PRIVATE', 'PUBLIC'))).toEqual([])
    const short = '-----BEGIN PRIVATE KEY-----\nMIIE\nvgIB\n-----END PRIVATE KEY-----'
    expect(found(short)).toEqual([`private_key=${short}`])
  })

  it('basic credentials only where they decode to user and password', () => {
    const credentials = btoa(`svc:${filled(letters, 12)}`)
    expect(found(`Authorization: Basic ${credentials}`)).toEqual([`basic_auth=${credentials}`])
    expect(found('Basic understanding of things')).toEqual([])
  })

  it('what a name says: passwords, and keys that look random', () => {
    const key = `${filled(letters, 12)}7${filled(upper, 8)}42`
    expect(found(`api_key=${key}`)).toEqual([`generic_secret=${key}`])
    expect(found(key, 'clientSecret')).toEqual([`generic_secret=${key}`])
    expect(found('api_key=description_of_things')).toEqual([])
    expect(found('password = "tr0ub4dor&3"')).toEqual(['password=tr0ub4dor&3'])
    expect(found('{\\"db_password\\":\\"tr0ub4dor\\"}')).toEqual(['password=tr0ub4dor'])
  })
})
