import { mkdir, open, readFile, rename, rm, stat, writeFile } from 'node:fs/promises'
import { homedir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import * as z from 'zod'
import { Failure } from '../output.ts'

/** One sign-in, as it is kept for one gateway. */
const Login = z.object({
  gateway: z.string(),
  issuer: z.string(),
  clientId: z.string(),
  accessToken: z.string(),
  /** RFC 3339; absent where the issuer does not say. */
  expiresAt: z.string().optional(),
  refreshToken: z.string().optional(),
})

export type Login = z.infer<typeof Login>

/** How long another process may hold a sign-in, and after what time it is taken for dead. */
const lockWaitMs = 15_000
const staleLockMs = 30_000

/** Where the sign-in of a gateway is kept: one file each, which only its owner can read. */
export function loginFile(gateway: string): string {
  const folder = process.env.XDG_CONFIG_HOME || join(homedir(), '.config')
  return join(folder, 'gatehouse', 'logins', `${encodeURIComponent(originOf(gateway))}.json`)
}

export function originOf(gateway: string): string {
  const url = URL.parse(gateway)
  if (!url || !/^https?:$/.test(url.protocol)) throw new Failure(`${gateway} is no address of a gateway.`, 2)
  return url.origin
}

/** What is kept for a gateway; a file that cannot be read is none. */
export async function storedLogin(gateway: string): Promise<Login | undefined> {
  const text = await readFile(loginFile(gateway), 'utf8').catch(() => undefined)
  if (text === undefined) return undefined
  try {
    return Login.parse(JSON.parse(text))
  } catch {
    return undefined
  }
}

/** Keeps a sign-in, mode 0600; nobody ever sees half of it. */
export async function keepLogin(login: Login): Promise<void> {
  const file = loginFile(login.gateway)
  const fresh = `${file}.${process.pid}`
  await mkdir(join(file, '..'), { recursive: true, mode: 0o700 })
  await rm(fresh, { force: true })
  await writeFile(fresh, `${JSON.stringify(login, null, 2)}\n`, { mode: 0o600, flag: 'wx' })
  await rename(fresh, file)
}

export async function forgetLogin(gateway: string): Promise<void> {
  await rm(loginFile(gateway), { force: true })
}

/** Does something with a sign-in while no other process does: a refresh token may be used once only. */
export async function alone<Result>(gateway: string, work: () => Promise<Result>): Promise<Result> {
  const lock = `${loginFile(gateway)}.lock`
  for (let waitedMs = 0; !(await taken(lock)); waitedMs += 50) {
    if (waitedMs >= lockWaitMs) throw new Failure(`${lock} is held by another process. Remove it if none is running.`)
    await delay(50)
  }
  try {
    return await work()
  } finally {
    await rm(lock, { force: true })
  }
}

async function taken(lock: string): Promise<boolean> {
  try {
    await (await open(lock, 'wx', 0o600)).close()
    return true
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error
    const { mtimeMs } = await stat(lock).catch(() => ({ mtimeMs: Date.now() }))
    if (Date.now() - mtimeMs > staleLockMs) await rm(lock, { force: true })
    return false
  }
}
