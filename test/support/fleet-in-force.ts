import { onTestFinished } from 'vitest'
import { admin } from './admin.ts'

/** Puts documents in force through the admin API, for this test alone: the rules are everybody's. */
export async function inForce(...documents: readonly unknown[]): Promise<Response> {
  const headers = { 'gatehouse-reason': 'try' }
  const put = (body: unknown) => admin('fleet', { method: 'PUT', body, headers })
  onTestFinished(async () => void (await put({ documents: [] })))
  return put({ documents })
}
