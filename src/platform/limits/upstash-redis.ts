import * as z from 'zod'
import type { Secret } from '#core/secrets/secret.ts'

/** Where a database at Upstash is reached. */
export interface UpstashSetting {
  readonly url: string
  readonly token: Secret
}

/** A pipeline is answered within so long, or not at all. */
const timeoutMs = 5_000

const Answers = z.array(z.union([z.object({ result: z.unknown() }), z.object({ error: z.string() })]))

interface Waiting {
  readonly command: readonly unknown[]
  readonly settle: (answer: z.infer<typeof Answers>[number]) => void
  readonly fail: (error: unknown) => void
}

/**
 * The two commands of Redis that the limiter needs, over the REST interface of Upstash: those that are given
 * together are sent as one pipeline. The library's own client, with every command there is, weighs 18 KiB.
 */
export class UpstashRedis {
  readonly #setting: UpstashSetting
  #waiting: Waiting[] = []

  constructor(setting: UpstashSetting) {
    this.#setting = setting
  }

  /** Runs a script that Redis knows; one that it does not know rejects with `NOSCRIPT`. */
  evalsha<Result>(hash: string, keys: readonly string[], args: readonly unknown[]): Promise<Result> {
    return this.#asked(['EVALSHA', hash, keys.length, ...keys, ...args])
  }

  /** Runs a script, and lets Redis remember it. */
  eval<Result>(script: string, keys: readonly string[], args: readonly unknown[]): Promise<Result> {
    return this.#asked(['EVAL', script, keys.length, ...keys, ...args])
  }

  #asked<Result>(command: readonly unknown[]): Promise<Result> {
    return new Promise((resolve, reject) => {
      const settle: Waiting['settle'] = answer =>
        'error' in answer ? reject(new Error(answer.error)) : resolve(answer.result as Result)
      // what is asked within this turn goes together
      if (this.#waiting.push({ command, settle, fail: reject }) === 1)
        queueMicrotask(() => queueMicrotask(() => void this.#send()))
    })
  }

  async #send(): Promise<void> {
    const waiting = this.#waiting
    this.#waiting = []
    try {
      const { url, token } = this.#setting
      const response = await fetch(`${url}/pipeline`, {
        method: 'POST',
        headers: { authorization: `Bearer ${token.reveal()}`, 'content-type': 'application/json' },
        body: JSON.stringify(waiting.map(({ command }) => command)),
        signal: AbortSignal.timeout(timeoutMs),
      })
      if (!response.ok) throw new Error(`Upstash answered ${response.status}`)
      const answers = Answers.parse(await response.json())
      for (const [index, { settle }] of waiting.entries()) settle(answers[index] ?? { error: 'no answer' })
    } catch (error) {
      for (const { fail } of waiting) fail(error)
    }
  }
}
