import { expect, it } from 'vitest'
import { requestIdOf } from '#core/request-id.ts'

it('is Cloudflare’s where it is one; what a client wrote there goes into no log', () => {
  expect(requestIdOf(new Headers({ 'cf-ray': '8f0000000000abcd-FRA' }))).toBe('8f0000000000abcd-FRA')
  for (const given of ['', 'anna@example.com', '8f0000000000abcd-FRA, x', 'x'.repeat(9_000)])
    expect(requestIdOf(new Headers({ 'cf-ray': given }))).toMatch(/^[0-9a-f-]{36}$/)
})
