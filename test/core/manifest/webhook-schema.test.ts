import { describe, expect, it } from 'vitest'
import { schemes } from '#core/webhook/schemes.ts'
import { documentWith, faultsOf } from '../../support/manifests.ts'

const options = { header: 'X-Signature', algorithm: 'hmac-sha256', encoding: 'hex' }
const hmacWith = (more: Readonly<Record<string, unknown>>, source: Readonly<Record<string, unknown>> = {}) =>
  faultsOf(documentWith({ scheme: 'hmac', hmac: { ...options, ...more }, ...source }))

describe('a scheme', () => {
  it.each(Object.keys(schemes))('may be %s', scheme => {
    expect(faultsOf(documentWith({ scheme }))).toEqual([])
  })

  it('is refused when no row has it', () => {
    for (const scheme of ['strype', 'constructor', '__proto__', '', 7])
      expect(faultsOf(documentWith({ scheme }))[0]).toMatch(/^spec\.webhooks\.own\.scheme: must be one of: /)
  })
})

describe('toleranceSeconds', () => {
  const reason =
    'spec.webhooks.own.toleranceSeconds: this scheme signs no timestamp, so a tolerance would protect nothing'

  it.each(Object.entries(schemes))('is taken by %s exactly if it signs a timestamp', (scheme, row) => {
    const faults = faultsOf(documentWith({ scheme, toleranceSeconds: 60 }))
    expect(faults).toEqual('timestamp' in row ? [] : [reason])
  })

  it('is taken by home-made options exactly if they sign a timestamp', () => {
    expect(hmacWith({ signed: '{timestamp}{body}', timestamp: 'X-Time' }, { toleranceSeconds: 60 })).toEqual([])
    expect(hmacWith({}, { toleranceSeconds: 60 })).toEqual([reason])
  })
})

describe('home-made options', () => {
  it('are required by `scheme: hmac` and taken by no other', () => {
    expect(faultsOf(documentWith({ scheme: 'hmac' }))).toEqual([
      'spec.webhooks.own.hmac: is required by `scheme: hmac`',
    ])
    expect(faultsOf(documentWith({ scheme: 'stripe', hmac: options }))).toEqual([
      'spec.webhooks.own.hmac: only `scheme: hmac` takes these options',
    ])
  })

  it('are accepted with the body alone signed, and with everything signed', () => {
    expect(hmacWith({})).toEqual([])
    expect(hmacWith({ signed: '{id}.{timestamp}.{body}', timestamp: 'X-Time', id: 'X-Id', prefix: 'v1=' })).toEqual([])
  })

  it('sign the body, whatever else they sign', () => {
    expect(hmacWith({ signed: '{timestamp}', timestamp: 'X-Time' })).toEqual([
      'spec.webhooks.own.hmac.signed: must hold {body}, or the body would not be protected',
    ])
  })

  it('hold no placeholder that nobody fills in', () => {
    expect(hmacWith({ signed: '{body}{url}' })).toEqual([
      'spec.webhooks.own.hmac.signed: may hold only {body}, {timestamp}, {id}',
    ])
  })

  it('name the timestamp’s header if they sign it, and sign it if they name it', () => {
    const reason =
      'spec.webhooks.own.hmac.timestamp: a timestamp protects only what is signed: name its header and sign {timestamp}, or do neither'
    expect(hmacWith({ timestamp: 'X-Time' })).toEqual([reason])
    expect(hmacWith({ signed: '{timestamp}.{body}' })).toEqual([reason])
  })

  it('name the id’s header if they sign it, and may name one they do not sign', () => {
    expect(hmacWith({ signed: '{id}.{body}' })).toEqual([
      'spec.webhooks.own.hmac.id: name the header that {id} in `signed` stands for',
    ])
    expect(hmacWith({ id: 'X-Id' })).toEqual([])
  })

  it.each(['', 'X Signature', 'X-Sig:', 'x-sig\n', 'x'.repeat(129), 'ä'])('refuse %j as a header name', header => {
    expect(hmacWith({ header })[0]).toMatch(/^spec\.webhooks\.own\.hmac\.header: /)
  })

  it('take no algorithm and no encoding that is not in the table', () => {
    expect(hmacWith({ algorithm: 'md5' })).toHaveLength(1)
    expect(hmacWith({ encoding: 'base64url' })).toHaveLength(1)
  })
})

it('refuses a first wait that is longer than the longest', () => {
  expect(faultsOf(documentWith({ retry: { baseSeconds: 60, maxSeconds: 30 } }))).toEqual([
    'spec.webhooks.own.retry: baseSeconds must not exceed maxSeconds',
  ])
  expect(faultsOf(documentWith({ retry: { baseSeconds: 30, maxSeconds: 30 } }))).toEqual([])
})

it('reports what does not go together beside what is of the wrong form', () => {
  const source = {
    scheme: 'github',
    secrets: 'current',
    toleranceSeconds: 60,
    hmac: options,
    retry: { baseSeconds: 99, maxSeconds: 1 },
  }
  const paths = faultsOf(documentWith(source)).map(fault => fault.split(':')[0])
  expect(paths.sort()).toEqual(
    ['secrets', 'toleranceSeconds', 'hmac', 'retry'].map(name => `spec.webhooks.own.${name}`).sort(),
  )
})

it.each([
  null,
  5,
  'x',
  [],
  { hmac: null },
  { hmac: 5, scheme: 'hmac' },
  { hmac: { signed: 7 }, scheme: 'hmac' },
  { retry: null },
])('refuses a source of any other form and does not throw: %j', value => {
  const source = typeof value === 'object' && value && !Array.isArray(value) ? value : undefined
  const document = documentWith(source ?? {})
  if (!source) Object.assign(document.spec.webhooks, { own: value })
  expect(faultsOf(document).length).toBeGreaterThan(0)
})

describe('retentionDays', () => {
  it('covers the dedupe window, since what is forgotten is known as no duplicate', () => {
    const reason = (hours: number) =>
      `spec.webhooks.own.retentionDays: must cover the dedupe window of ${hours} hours: what is forgotten is known as no duplicate`
    expect(faultsOf(documentWith({ scheme: 'stripe', retentionDays: 2 }))).toEqual([reason(72)])
    expect(faultsOf(documentWith({ scheme: 'stripe', retentionDays: 3 }))).toEqual([])
    expect(faultsOf(documentWith({ scheme: 'stripe', retentionDays: 2, dedupe: { windowHours: 48 } }))).toEqual([])
    expect(faultsOf(documentWith({ scheme: 'stripe', dedupe: { windowHours: 336 } }))).toEqual([])
  })
})

describe('the mode', () => {
  it.each(['queue', 'sync'])('may be %s', mode => {
    expect(faultsOf(documentWith({ mode }))).toEqual([])
  })

  it('is nothing else', () => {
    expect(faultsOf(documentWith({ mode: 'async' }))[0]).toMatch(/^spec\.webhooks\.own\.mode: /)
  })
})

describe('the canned reply', () => {
  it.each([
    {},
    { status: 204 },
    { status: 202, contentType: 'application/json', body: '{}' },
    { contentType: 'text/xml; charset=utf-8', body: '<Response/>' },
  ])('may be %j', cannedReply => {
    expect(faultsOf(documentWith({ cannedReply }))).toEqual([])
  })

  it.each([
    ['status', { status: 500 }],
    ['status', { status: 199 }],
    ['body', { status: 204, body: 'x' }],
    ['body', { body: 'x'.repeat(4097) }],
    ['contentType', { contentType: 'text' }],
    ['contentType', { contentType: 'text/html\r\nset-cookie: a=b' }],
    ['header', { header: 'x' }],
  ])('is refused for its %s: %j', (field, cannedReply) => {
    const [fault, ...others] = faultsOf(documentWith({ cannedReply }))
    expect(others).toEqual([])
    expect(fault).toMatch(new RegExp(`^spec\\.webhooks\\.own\\.cannedReply\\.${field}: `))
  })
})
