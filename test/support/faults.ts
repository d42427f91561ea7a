import { expect } from 'vitest'

export interface Problem {
  readonly type: string
  readonly title: string
  readonly status: number
  readonly code: string
  readonly policy?: string
  readonly requestId: string
  readonly remediation: string
  readonly faults?: readonly { readonly path: string; readonly reason: string; readonly remedy: string }[]
}

/** Holds a refusal to its form: status, RFC 9457 problem details, the fault's header, and nothing that strangers must not learn. */
export async function expectFault(response: Response, code: string, status: number): Promise<Problem> {
  const text = await response.text()
  expect({ status: response.status, fault: response.headers.get('gatehouse-fault') }, text).toEqual({
    status,
    fault: code,
  })
  expect(response.headers.get('content-type')).toBe('application/problem+json')
  const problem = JSON.parse(text) as Problem
  expect(problem).toMatchObject({ type: `/faults/${code}`, status, code })
  expect(problem.title).toMatch(/\w/)
  expect(problem.remediation).toMatch(/\w/)
  expect(problem.requestId).toMatch(/^[\w-]{8,}$/)
  const known = ['type', 'title', 'status', 'code', 'policy', 'requestId', 'remediation', 'faults']
  expect(Object.keys(problem).filter(key => !known.includes(key))).toEqual([])
  expect(text).not.toMatch(/\.ts\b|\bat \w+ ?\(|Error:|SQLITE|thirty-two bytes|dGhpcnR5/)
  return problem
}
