import type { Clock, Upstreams } from '#core/ports.ts'
import type { Outcome } from './event.ts'
import { retryAtMs } from './schedule.ts'

/**
 * One POST to the app, and what became of it. Never throws: whatever goes wrong on the way is an outcome.
 * The status decides, and redirects are not followed.
 *
 * @param read reads the answer within the same time; what it throws is a failure of the app. Absent: the
 *   answer's body is not waited for
 */
export async function attempt(
  url: string,
  headers: Headers,
  body: Uint8Array<ArrayBuffer> | ReadableStream<Uint8Array>,
  timeoutMs: number,
  upstreams: Upstreams,
  clock: Clock,
  read?: (answer: Response) => Promise<void>,
): Promise<Outcome> {
  const startedMs = clock.now().getTime()
  const signal = AbortSignal.timeout(timeoutMs)
  try {
    const response = await upstreams.fetch(url, { method: 'POST', headers, body, redirect: 'manual', signal })
    if (read) await read(response)
    else response.body?.cancel().catch(() => {})
    const nowMs = clock.now().getTime()
    const waitUntilMs = retryAtMs(response.headers.get('retry-after'), nowMs)
    return {
      kind: 'answered',
      status: response.status,
      ms: nowMs - startedMs,
      ...(waitUntilMs !== undefined && { retryAtMs: waitUntilMs }),
    }
  } catch {
    const fault = signal.aborted ? 'upstream-timeout' : 'upstream-unreachable'
    return { kind: 'failed', fault, ms: clock.now().getTime() - startedMs }
  }
}
