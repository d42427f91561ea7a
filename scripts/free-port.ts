import { once } from 'node:events'
import { createServer } from 'node:net'

/**
 * A port of loopback that is free now. It lies below those that the system gives to outgoing connections: none of
 * them takes it while a gateway starts again, nor connects to itself where nobody listens.
 */
export async function freePort(): Promise<number> {
  for (;;) {
    const port = 10_000 + Math.floor(Math.random() * 20_000)
    const probe = createServer().listen(port, '127.0.0.1')
    const isFree = await Promise.race([
      once(probe, 'listening').then(() => true),
      once(probe, 'error').then(() => false),
    ])
    if (!isFree) continue
    probe.close()
    await once(probe, 'close')
    return port
  }
}
