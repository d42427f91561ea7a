import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { accessSync, constants, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createRequire } from 'node:module'
import { connect } from 'node:net'
import { delimiter, dirname, join } from 'node:path'
import { freePort } from '../../scripts/free-port.ts'
import { type Callers, requestOf } from './caller.ts'

/** Another gateway, where it is installed on this machine. */
interface Other {
  readonly name: string
  /** What it does with each request. */
  readonly work: string
  /** The command that starts it, once its files are written; or why there is none. */
  command(place: Place): { readonly file: string; readonly args: readonly string[] } | string
  readonly requests: (place: Place) => readonly string[]
}

/** Where one of them is to run. */
interface Place {
  readonly folder: string
  readonly port: number
  readonly upstream: number
  readonly callers: Callers
}

/** One that runs. */
export interface RunningOther {
  readonly name: string
  readonly work: string
  readonly port: number
  readonly pid: number | undefined
  readonly requests: readonly string[]
  stop(): Promise<void>
}

/** One that is not measured, and why. */
export interface Absent {
  readonly name: string
  readonly why: string
}

const others: readonly Other[] = [
  {
    name: 'nginx + njs',
    work: 'ES256 verified by njs at each request, claims, scope, limit per caller, forward; one process',
    command(place) {
      const nginx = onPath('nginx')
      if (!nginx) return 'there is no `nginx` on PATH'
      const folders = [
        '/usr/lib/nginx/modules',
        '/usr/lib64/nginx/modules',
        join(dirname(nginx), '../lib/nginx/modules'),
      ]
      const module = folders.map(folder => join(folder, 'ngx_http_js_module.so')).find(file => existsSync(file))
      if (!module) return 'nginx is there, and its njs module (ngx_http_js_module.so) is not'
      write(place, 'nginx-token.js', 'token.js')
      const file = write(place, 'nginx.conf', 'nginx.conf', { module })
      return { file: nginx, args: ['-p', place.folder, '-c', file, '-e', 'stderr'] }
    },
    requests: sameRequests,
  },
  {
    name: 'HAProxy',
    work: 'ES256 verified at each request, claims, scope, limit per caller, forward; one thread',
    command(place) {
      const haproxy = onPath('haproxy')
      if (!haproxy) return 'there is no `haproxy` on PATH'
      writeFileSync(join(place.folder, 'key.pem'), place.callers.publicKey)
      return { file: haproxy, args: ['-db', '-f', write(place, 'haproxy.cfg', 'haproxy.cfg')] }
    },
    requests: sameRequests,
  },
  {
    name: 'Portkey',
    work: 'a small POST is forwarded, on Node: it verifies no token, asks for no scope and limits nothing by itself',
    command({ port }) {
      try {
        const file = createRequire(import.meta.url).resolve('@portkey-ai/gateway/build/start-server.js')
        return { file: process.execPath, args: [file, `--port=${port}`, '--headless'] }
      } catch {
        return 'the package `@portkey-ai/gateway` is not installed here, nor on NODE_PATH'
      }
    },
    requests: chatRequests,
  },
]

/** How long one of them may take to listen. */
const startMs = 15_000

/** Starts those of the other gateways that are installed; of the rest it says why they are not measured. */
export async function startOthers(
  folder: string,
  upstream: number,
  callers: Callers,
): Promise<{ readonly running: readonly RunningOther[]; readonly absent: readonly Absent[] }> {
  const running: RunningOther[] = []
  const absent: Absent[] = []
  for (const other of others) {
    const { name, work } = other
    const place = { folder: join(folder, name.replaceAll(/\W+/g, '-')), port: await freePort(), upstream, callers }
    mkdirSync(place.folder, { recursive: true })
    const command = other.command(place)
    const started = typeof command === 'string' ? command : await listening(command, place)
    if (typeof started === 'string') absent.push({ name, why: started })
    else running.push({ name, work, port: place.port, requests: other.requests(place), ...started })
  }
  return { running, absent }
}

/** A process that listens, or why it does not. */
async function listening(
  { file, args }: { readonly file: string; readonly args: readonly string[] },
  { port, folder }: Place,
): Promise<Pick<RunningOther, 'pid' | 'stop'> | string> {
  const child = spawn(file, args, { cwd: folder, stdio: ['ignore', 'ignore', 'pipe'] })
  let complaints = ''
  child.stderr.on('data', chunk => {
    complaints = `${complaints}${chunk}`.slice(-2_000)
  })
  const kill = () => void child.kill()
  process.once('exit', kill)
  const stop = async () => {
    process.off('exit', kill)
    if (isOver(child)) return
    child.kill()
    await once(child, 'close')
  }
  for (const endMs = Date.now() + startMs; Date.now() < endMs && !isOver(child); ) {
    if (await isOpen(port)) return { pid: child.pid, stop }
    await new Promise(resolve => setTimeout(resolve, 50))
  }
  await stop()
  return `it did not start: ${complaints.trim() || 'it said nothing'}`
}

function isOver({ exitCode, signalCode }: ChildProcess): boolean {
  return exitCode !== null || signalCode !== null
}

function isOpen(port: number): Promise<boolean> {
  return new Promise(resolve => {
    const socket = connect({ port, host: '127.0.0.1' })
    socket.once('connect', () => void socket.destroy()).once('error', () => {})
    socket.once('close', hadError => resolve(!hadError))
  })
}

/** Calls as the gateway gets them; ten apps, which nobody here tells apart. */
function sameRequests({ callers }: Place): readonly string[] {
  return callers.tokens.map((token, n) => requestOf(`bench-${n}`, token))
}

/** The same upstream as a model's, since that is what Portkey is for: a GET of another path it forwards and then fails. */
function chatRequests({ upstream, callers }: Place): readonly string[] {
  const body = JSON.stringify({ model: 'bench', messages: [{ role: 'user', content: 'item 1' }] })
  return callers.tokens.map(token =>
    [
      'POST /v1/chat/completions HTTP/1.1',
      'host: gate.example.com',
      'accept: application/json',
      'user-agent: bench/1.0',
      'content-type: application/json',
      `content-length: ${body.length}`,
      'x-portkey-provider: openai',
      `x-portkey-custom-host: http://127.0.0.1:${upstream}/v1`,
      `authorization: Bearer ${token}`,
      '',
      body,
    ].join('\r\n'),
  )
}

/** Writes a file of this folder with the `{names}` in it filled in, and says where. */
function write(place: Place, from: string, to: string, more: Readonly<Record<string, string>> = {}): string {
  const { folder, port, upstream, callers } = place
  const spki = callers.publicKey.replaceAll(/-----[^-]+-----|\s/g, '')
  const names = { folder, port, upstream, issuer: callers.issuer, spki, ...more }
  const file = join(folder, to)
  const text = readFileSync(join(import.meta.dirname, from), 'utf8')
  const filled = Object.entries(names).reduce((all, [name, value]) => all.replaceAll(`{${name}}`, String(value)), text)
  writeFileSync(file, filled)
  return file
}

/** Where a command is that this machine would run; Debian keeps daemons where only root looks. */
function onPath(command: string): string | undefined {
  const folders = [...(process.env.PATH ?? '').split(delimiter), '/usr/sbin', '/usr/local/sbin']
  return folders.map(folder => join(folder, command)).find(isExecutable)
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK)
    return true
  } catch {
    return false
  }
}
