import { createHmac, randomUUID } from 'node:crypto'

/** What the vendor and the gateway share; of this run only. */
export const vendorSecret = 'the-secret-of-the-benchmark'

/** Bytes of each event's body. */
export const bodyBytes = 1024

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
export function presigned({ port, paths }: Omit<Destination, 'mayRepeat'>, count: number): Buffer[] {
  return Array.from({ length: count }, (_, index) => {
    const path = paths[index % paths.length] ?? '/'
    const id = randomUUID()
    const body = bodyOf(id)
    const signature = createHmac('sha256', vendorSecret).update(body).digest('hex')
    return Buffer.from(
      `POST ${path} HTTP/1.1\r\nhost: 127.0.0.1:${port}\r\ncontent-type: application/json\r\n` +
        `content-length: ${body.length}\r\nuser-agent: GitHub-Hookshot/bench\r\nx-github-event: push\r\n` +
        `x-github-delivery: ${id}\r\nx-hub-signature-256: sha256=${signature}\r\n\r\n${body}`,
      'latin1',
    )
  })
}

function bodyOf(id: string): string {
  const start = `{"id":"${id}","ref":"refs/heads/main","repository":{"full_name":"octo/cat","private":true},"note":"`
  const end = '"}'
  return start + 'a webhook of one kibibyte '.repeat(50).slice(0, bodyBytes - start.length - end.length) + end
}
