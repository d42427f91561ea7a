import { fork } from 'node:child_process'
import { join } from 'node:path'

/** A process that answers one call at a time. */
export interface Subprocess<Call, Answer> {
  /** @throws Error when the process throws, or ends before it answers */
  call(message: Call): Promise<Answer>
  stop(): void
}

type Reply<Answer> = { readonly answer: Answer } | { readonly error: string }

/** Starts a file of this folder in a process of its own. It ends with its parent, however that ends. */
export function startSubprocess<Call extends object, Answer>(file: string): Subprocess<Call, Answer> {
  const child = fork(join(import.meta.dirname, file), { serialization: 'advanced', stdio: ['ignore', 2, 2, 'ipc'] })
  return {
    call: message =>
      new Promise((resolve, reject) => {
        const onExit = (code: number | null) => reject(new Error(`${file} ended with ${code}`))
        child.once('exit', onExit)
        child.once('message', (reply: Reply<Answer>) => {
          child.off('exit', onExit)
          if ('error' in reply) reject(new Error(`${file}: ${reply.error}`))
          else resolve(reply.answer)
        })
        child.send(message)
      }),
    stop: () => void child.kill('SIGKILL'),
  }
}

/**
 * The side of that process: every call gets one answer. An interrupt at the terminal reaches all processes; the
 * parent then ends its subprocesses in its own order, so they let it pass.
 */
export function serveCalls<Call, Answer>(handle: (message: Call) => Promise<Answer> | Answer): void {
  process.on('SIGINT', () => {})
  process.on('disconnect', () => process.exit())
  process.on('message', async (message: Call) => {
    try {
      process.send?.({ answer: await handle(message) } satisfies Reply<Answer>)
    } catch (error) {
      process.send?.({ error: String(error) } satisfies Reply<Answer>)
    }
  })
}
