import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

/** Sends bytes as they are and reads until the other side ends: what no HTTP client would let through. */
export async function raw(url: string, text: string): Promise<string> {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1' })
  socket.setEncoding('latin1').setTimeout(10_000, () => socket.destroy(new Error('no answer')))
  let received = ''
  socket.on('data', chunk => {
    received += chunk
  })
  socket.write(Buffer.from(text, 'latin1'))
  await once(socket, 'close')
  return received
}

/** Sends bytes as they are, and leaves what comes of them to the caller. */
export function rawOpen(url: string, text: string): Socket {
  const socket = connect({ port: Number(new URL(url).port), host: '127.0.0.1' })
  socket.on('error', () => {}).resume()
  socket.write(Buffer.from(text, 'latin1'))
  return socket
}

/** A GET of a path as it is written, and of its answer the status and the fault. */
export async function rawGet(url: string, path: string, headers = 'host: gate.example\r\n'): Promise<string> {
  const answer = await raw(url, `GET ${path} HTTP/1.1\r\n${headers}connection: close\r\n\r\n`)
  const status = /^HTTP\/1\.1 (\d{3})/.exec(answer)?.[1] ?? 'nothing'
  const fault = /\r\ngatehouse-fault: (\S+)/i.exec(answer)?.[1]
  return fault ? `${status} ${fault}` : status
}
