import { createHmac, randomUUID } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { answerTo } from './app.ts'

export const vendorSecret = 'the-secret-of-the-fault-run'

/** Sources of the app `faults`: one is answered when the event is kept, one with what the app answers. */
export const sources = ['queued', 'answered'] as const

/** One webhook, and the event that the gateway says it has become. */
export interface Accepted {
  readonly vendorId: string
  readonly eventId: string
  /** Whether the vendor got the app's own answer. */
  readonly isAnswered: boolean
}

const connections = 4
const pauseMs = 25
const timeoutMs = 15_000

/**
 * A vendor that sends until it is stopped, and sends a webhook again, under the same id, until it has an
 * answer that says it was taken: what it has heard is what must be true in the end.
 *
 * @param target asked before each request, since the gateway may have moved
 */
export function startVendor(target: () => string) {
  const accepted: Accepted[] = []
  const wrong: string[] = []
  let isStopped = false

  const send = async (source: string) => {
    const vendorId = randomUUID()
    const body = JSON.stringify({ vendorId, padding: 'x'.repeat(200) })
    const signature = `sha256=${createHmac('sha256', vendorSecret).update(body).digest('hex')}`
    const headers = { 'x-hub-signature-256': signature, 'x-github-delivery': vendorId }
    for (;;) {
      try {
        const signal = AbortSignal.timeout(timeoutMs)
        const response = await fetch(`${target()}/hooks/faults/${source}`, { method: 'POST', body, headers, signal })
        const text = await response.text()
        const fromApp = response.headers.get('gatehouse-event-id')
        if (fromApp !== null) {
          if (text !== answerTo(fromApp)) wrong.push(`${fromApp} was answered: ${text.slice(0, 80)}`)
          return void accepted.push({ vendorId, eventId: fromApp, isAnswered: true })
        }
        if (response.ok) return void accepted.push({ vendorId, eventId: JSON.parse(text).eventId, isAnswered: false })
        if (response.status < 500)
          return void wrong.push(`a webhook was refused with ${response.status}: ${text.slice(0, 200)}`)
      } catch {
        // no answer: killed, or not yet up again
      }
      await sleep(100)
    }
  }
  const worker = async (source: string) => {
    while (!isStopped) {
      await send(source)
      await sleep(pauseMs)
    }
  }
  const workers = Promise.all(sources.flatMap(source => Array.from({ length: connections }, () => worker(source))))
  return {
    accepted,
    wrong,
    async stop() {
      isStopped = true
      await workers
    },
  }
}
