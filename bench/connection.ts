import { connect, type Socket } from 'node:net'

export interface Answer {
  readonly status: number
  readonly body: string
}

/** Longer than anything takes that is still worth measuring. */
const timeoutMs = 10_000

/**
 * One kept-alive HTTP/1.1 connection without pipelining. It is written on a bare socket because Node's own
 * clients cost as much CPU as the worker under test.
 */
export class Connection {
  readonly #port: number
  #socket: Socket | undefined
  #received = ''
  #waiting: { resolve(answer: Answer): void; reject(error: Error): void } | undefined

  constructor(port: number) {
    this.#port = port
  }

  open(): Promise<void> {
    return new Promise((resolve, reject) => {
      const socket = connect({ port: this.#port, host: '127.0.0.1', noDelay: true }, resolve)
      socket.setEncoding('latin1').setTimeout(timeoutMs, () => socket.destroy(new Error(`silent for ${timeoutMs} ms`)))
      socket.on('data', text => this.#read(String(text)))
      socket.on('error', error => {
        reject(error)
        this.#fail(error)
      })
      socket.on('close', () => this.#fail(new Error('the connection was closed')))
      this.#socket = socket
    })
  }

  /** Sends a whole request. The one before must have been answered. */
  async send(request: Buffer): Promise<Answer> {
    if (!this.#socket || this.#socket.destroyed) await this.open()
    return new Promise((resolve, reject) => {
      this.#waiting = { resolve, reject }
      this.#socket?.write(request)
    })
  }

  close(): void {
    this.#socket?.destroy()
  }

  #read(text: string): void {
    this.#received += text
    const headEnd = this.#received.indexOf('\r\n\r\n')
    if (headEnd < 0) return
    const head = this.#received.slice(0, headEnd)
    const length = /\r\ncontent-length: *(\d+)/i.exec(head)?.[1]
    const body = this.#received.slice(headEnd + 4)
    if (length === undefined) this.#fail(new Error(`an answer without content-length: ${head}`))
    if (length === undefined || body.length < Number(length)) return
    const waiting = this.#waiting
    this.#waiting = undefined
    this.#received = ''
    waiting?.resolve({ status: Number(head.slice(9, 12)), body })
  }

  #fail(error: Error): void {
    const waiting = this.#waiting
    this.#waiting = undefined
    this.#received = ''
    waiting?.reject(error)
  }
}
