import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { startFaultyApp } from './app.ts'
import { Gateway, type Victim, victims } from './gateway.ts'
import { startVendor } from './vendor.ts'
import { attemptName, type Evidence, judge, type Verdict } from './verdict.ts'

export interface Extent {
  /** How long webhooks come and processes are killed. */
  readonly seconds: number
  /** How long after that events may take to end. */
  readonly settleSeconds: number
}

export interface Report extends Verdict {
  readonly seconds: number
  readonly webhooks: number
  readonly events: number
  /** Webhooks that were answered with what the app answered. */
  readonly answeredByApp: number
  readonly kills: Readonly<Record<Victim, number>>
  /** Requests to the app, by what it did with them. */
  readonly requests: Readonly<Record<string, number>>
}

/** Between two kills, and before the first. */
const betweenKillsMs = { least: 1_500, most: 8_000 }

/** Plays load, kills and a misbehaving app against the gateway, waits until it has settled, and judges. */
export async function run({ seconds, settleSeconds }: Extent, progress: (line: string) => void): Promise<Report> {
  const folder = mkdtempSync(join(tmpdir(), 'gatehouse-faults-'))
  const app = await startFaultyApp()
  let gateway: Gateway | undefined
  try {
    gateway = await Gateway.start(folder, app.url)
    return await played(gateway)
  } catch (error) {
    throw new Error(`the run broke off: ${error}\n${gateway?.output ?? ''}`)
  } finally {
    await gateway?.stop()
    app.close()
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 50 })
  }

  async function played(gateway: Gateway): Promise<Report> {
    const vendor = startVendor(() => gateway.url)
    const openAtKills = new Set<string>()
    const unwatched: Evidence['unwatched'][number][] = []
    const kills = { workerd: 0, gateway: 0, both: 0 }
    const endMs = Date.now() + seconds * 1000
    for (let round = 0; ; round++) {
      const most = Math.min(betweenKillsMs.most, (seconds * 1000) / 3)
      await sleep(Math.min(betweenKillsMs.least, most) + Math.random() * Math.max(0, most - betweenKillsMs.least))
      if (Date.now() >= endMs) break
      const victim = victims[round % victims.length] ?? 'workerd'
      const startMs = Date.now()
      const goneMs = await gateway.kill(victim)
      kills[victim]++
      for (const { id, attempts } of await gateway.events('delivering')) {
        const last = attempts.at(-1)
        if (last && Date.parse(last.at) <= goneMs) openAtKills.add(attemptName(id, last.n))
      }
      unwatched.push({ fromMs: startMs, toMs: Date.now(), goneMs })
      progress(
        `${victim} killed; ${vendor.accepted.length} webhooks taken, ${openAtKills.size} leases were open at kills`,
      )
    }
    await vendor.stop()
    app.mend()
    progress(`no more webhooks, and the app is mended; waiting for ${settleSeconds} s at most`)
    const verdict = () => gateway.events().then(events => judged(events))
    const judged = (events: Awaited<ReturnType<Gateway['events']>>) => ({
      events: events.length,
      ...judge({ accepted: vendor.accepted, events, seen: app.seen, openAtKills, unwatched, nowMs: Date.now() }),
    })
    let last = await verdict()
    for (const settleMs = Date.now() + settleSeconds * 1000; Date.now() < settleMs; last = await verdict()) {
      if (last.failures.length === 0 && last.underLease === 0) break
      await sleep(1_000)
    }
    return {
      seconds,
      webhooks: vendor.accepted.length,
      answeredByApp: vendor.accepted.filter(({ isAnswered }) => isAnswered).length,
      kills,
      requests: Object.fromEntries(
        [...Map.groupBy(app.seen, ({ how }) => how)].map(([how, { length }]) => [how, length]),
      ),
      ...last,
      failures: [...vendor.wrong.slice(0, 3), ...last.failures],
    }
  }
}
