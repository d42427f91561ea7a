import { createHmac, randomUUID } from 'node:crypto'

/** What the vendor and the gateway share; of this run only. */
export const vendorSecret = 'the-secret-of-the-benchmark'

/** Bytes of each event's body, unless the load says otherwise. */
export const bodyBytes = 1024

/** Among so many order keys the events are spread. */
const orderKeys = 100

/** How an event is addressed. */
export interface Destination {
  readonly port: number
  /** One is taken after the other. */
  readonly paths: readonly string[]
  /** The same request may come twice, since nobody compares. */
  readonly mayRepeat: boolean
}

/**
 * Whole HTTP/1.1 requests, signed as GitHub signs them. No two share a delivery id or a body, so none is a
 * duplicate of another.
 */
export function presigned({ port, paths }: Omit<Destination, 'mayRepeat'>, count: number, bytes: number): Buffer[] {
  return Array.from({ length: count }, (_, index) => {
    const path = paths[index % paths.length] ?? '/'
    const id = randomUUID()
    const body = bodyOf(id, index % orderKeys, bytes)
    const signature = createHmac('sha256', vendorSecret).update(body).digest('hex')
    return Buffer.from(
      `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/json\r\n` +
        `content-length: ${body.length}\r\nuser-agent: GitHub-Hookshot/bench\r\nx-github-event: push\r\n` +
        `x-github-delivery: ${id}\r\nx-hub-signature-256: sha256=${signature}\r\n\r\n${body}`,
      'latin1',
    )
  })
}

function bodyOf(id: string, key: number, bytes: number): string {
  const start = `{"id":"${id}","key":"${key}","ref":"refs/heads/main","repository":{"full_name":"octo/cat"},"note":"`
  const end = '"}'
  return (
    start +
    'a webhook as long as is asked '.repeat(Math.ceil(bytes / 30)).slice(0, bytes - start.length - end.length) +
    end
  )
}
