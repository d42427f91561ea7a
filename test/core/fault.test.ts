import { describe, expect, it } from 'vitest'
import { Fault, type FaultCode, type FaultRow, faultRow, faults } from '#core/fault.ts'

/** The table of the design, with every code it names; a code joins the gateway in the change that first returns it. */
const designed: Readonly<Record<string, number>> = {
  'app-unknown': 404,
  'app-killed': 503,
  'app-expired': 410,
  'source-unknown': 404,
  'signature-missing': 401,
  'signature-mismatch': 401,
  'timestamp-outside': 401,
  'secret-missing': 503,
  'route-unknown': 404,
  'method-denied': 405,
  'egress-denied': 403,
  'egress-target-invalid': 400,
  'fleet-rule-denied': 403,
  'request-invalid': 400,
  'manifest-refused': 422,
  'loop-detected': 508,
  'issuer-unreachable': 503,
  'token-missing': 401,
  'token-invalid': 401,
  'token-expired': 401,
  'scope-missing': 403,
  'rate-exceeded': 429,
  'quota-exceeded': 429,
  'concurrency-exceeded': 429,
  'body-too-large': 413,
  'schema-mismatch': 422,
  'idempotency-missing': 400,
  'idempotency-conflict': 409,
  'idempotency-mismatch': 422,
  'region-denied': 451,
  'upstream-unreachable': 502,
  'upstream-timeout': 504,
  'breaker-open': 503,
  'masking-failed': 502,
  'entry-invalid': 503,
  internal: 500,
  'role-missing': 403,
  'not-found': 404,
  'service-worker-denied': 403,
  'content-type-denied': 415,
}

const rows = Object.keys(faults).map(code => [code, faultRow(code as FaultCode)] as [FaultCode, FaultRow])

describe('the table of faults', () => {
  it.each(rows.filter(([code]) => Object.hasOwn(designed, code)))('gives %s the status of the design', (code, row) => {
    expect(row.status).toBe(designed[code])
  })

  it('holds every code that the webhook path and the admin API need by the design', () => {
    const needed = [
      'app-unknown',
      'app-expired',
      'source-unknown',
      'signature-missing',
      'signature-mismatch',
      'timestamp-outside',
      'secret-missing',
      'route-unknown',
      'method-denied',
      'body-too-large',
      'schema-mismatch',
      'upstream-unreachable',
      'upstream-timeout',
      'loop-detected',
      'entry-invalid',
      'token-missing',
      'token-invalid',
      'token-expired',
      'role-missing',
      'request-invalid',
      'not-found',
      'internal',
    ]
    expect(Object.keys(faults)).toEqual(expect.arrayContaining(needed))
  })

  it.each(rows)('tells whoever is to blame for %s what it is and what to do', (code, row) => {
    expect(code).toMatch(/^[a-z]+(-[a-z]+)*$/)
    expect(row.title).toMatch(/^[A-Z][^.]*$/)
    expect(row.remediation).toMatch(/^[A-Z].*\.$/)
    expect(['caller', 'app', 'vendor', 'gateway']).toContain(row.blame)
  })

  it('says when to try again wherever the gateway cannot serve now', () => {
    for (const [code, row] of rows)
      if (row.status === 503) expect([code, row.retryAfterSeconds]).toEqual([code, expect.any(Number)])
  })

  it('challenges with every token fault, as RFC 9110 §11.6.1 asks', () => {
    for (const [code, row] of rows) if (code.startsWith('token-')) expect(row.challenge).toMatch(/^Bearer/)
  })
})

it('carries code, detail and problems through a throw', () => {
  const fault = new Fault('manifest-refused', 'two faults', [
    { path: 'spec', reason: 'is required', remedy: 'Add it.' },
  ])
  expect(fault).toBeInstanceOf(Error)
  expect(fault).toMatchObject({ name: 'Fault', code: 'manifest-refused', detail: 'two faults' })
  expect(fault.problems).toHaveLength(1)
  expect(new Fault('internal', 'x').problems).toEqual([])
})
