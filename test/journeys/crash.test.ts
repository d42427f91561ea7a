import { createHmac, randomUUID } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import type { EventView } from '#core/delivery/event.ts'
import { freePort } from '../../scripts/free-port.ts'
import { probeManifest, probeSecrets, startApp } from '../support/node/app.ts'
import { startGatehouse, temporaryFolder, until, write } from '../support/node/gateway.ts'

const concurrency = 8

/** Pushes signed events until told to stop; the ids of those that got `202` are what must never be lost. */
function vendor(url: string) {
  const accepted: string[] = []
  let isStopped = false
  const worker = async () => {
    while (!isStopped) {
      const body = JSON.stringify({ n: randomUUID() })
      const signature = `sha256=${createHmac('sha256', 'vendor-secret').update(body).digest('hex')}`
      const headers = { 'x-hub-signature-256': signature, 'x-github-delivery': randomUUID() }
      try {
        const response = await fetch(`${url}/hooks/probe/in`, { method: 'POST', body, headers })
        if (response.status === 202) accepted.push(((await response.json()) as { eventId: string }).eventId)
      } catch {
        await new Promise(resolve => setTimeout(resolve, 20))
      }
    }
  }
  const workers = Promise.all(Array.from({ length: 8 }, worker))
  return {
    accepted,
    async stop() {
      isStopped = true
      await workers
    },
  }
}

/** Changes the app again and again until told to stop; the reasons of what was acknowledged must all be recorded. */
function operator(url: string, state: string) {
  const acknowledged: string[] = []
  let isStopped = false
  const work = (async () => {
    while (!isStopped) {
      const reason = randomUUID()
      const body = JSON.stringify({ reason })
      try {
        const response = await fetch(`${url}/admin/v1/apps/probe/resume`, {
          method: 'POST',
          body,
          headers: await bearer(state),
        })
        if (response.ok) acknowledged.push(reason)
      } catch {
        // killed just now: the next one may get through
      }
      await new Promise(resolve => setTimeout(resolve, 100))
    }
  })()
  return {
    acknowledged,
    async stop() {
      isStopped = true
      await work
    },
  }
}

async function bearer(state: string) {
  return { authorization: `Bearer ${await readFile(join(state, 'operator-token'), 'utf8')}` }
}

interface Recorded {
  readonly items: readonly { readonly data: { readonly reason?: string } }[]
  readonly next: string | null
}

/** The reasons in the app's audit chain, and whether the chain is whole. */
async function auditOf(url: string, state: string) {
  const headers = await bearer(state)
  const reasons = new Set<string | undefined>()
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page = cursor ? `&cursor=${cursor}` : ''
    const answer = (await (
      await fetch(`${url}/admin/v1/audit?app=probe&limit=500${page}`, { headers })
    ).json()) as Recorded
    for (const { data } of answer.items) reasons.add(data.reason)
    cursor = answer.next
  }
  const verdict = (await (await fetch(`${url}/admin/v1/audit/verify?app=probe`, { headers })).json()) as { ok: boolean }
  return { reasons, isWhole: verdict.ok }
}

async function eventsOf(url: string, state: string): Promise<EventView[]> {
  const headers = await bearer(state)
  const events: EventView[] = []
  for (let cursor: string | null = ''; cursor !== null; ) {
    const page = cursor ? `&cursor=${cursor}` : ''
    const response = await fetch(`${url}/admin/v1/events?app=probe&limit=500${page}`, { headers })
    const answer = (await response.json()) as { items: EventView[]; next: string | null }
    events.push(...answer.items)
    cursor = answer.next
  }
  return events
}

it('loses no accepted event and no recorded change when workerd, and then the whole gateway, is killed under load, and repeats only attempts with an open lease', async () => {
  await using folder = await temporaryFolder()
  const app = await startApp(async () => {
    await new Promise(resolve => setTimeout(resolve, 20))
    return 204
  })
  const more = `      delivery: { concurrency: ${concurrency}, timeoutMs: 5000 }\n`
  await write(folder.path, { 'registry/probe.yaml': probeManifest(app.url, more), 'secrets.env': probeSecrets })
  const state = join(folder.path, 'state')
  const port = String(await freePort())
  const args = [
    '--port',
    port,
    '--registry',
    join(folder.path, 'registry'),
    '--secrets',
    join(folder.path, 'secrets.env'),
  ]
  const start = () => startGatehouse([...args, '--state', state, '--no-samples'])

  let gateway = await start()
  const load = vendor(gateway.url)
  const changes = operator(gateway.url, state)
  const acceptedMoreThan = (count: number) => until(`${count} accepted`, async () => load.accepted.length > count)
  await acceptedMoreThan(200)
  const { workerds } = JSON.parse(await readFile(join(state, 'running.json'), 'utf8')) as { workerds: number[] }
  for (const pid of workerds) process.kill(pid, 'SIGKILL')
  await until('workerd restarted', async () => gateway.output().includes('runs again'))
  await acceptedMoreThan(load.accepted.length + 200)
  gateway.process.kill('SIGKILL')
  // as if it had been killed before it could note the workerd that it had just started again
  const running = JSON.parse(await readFile(join(state, 'running.json'), 'utf8'))
  await writeFile(join(state, 'running.json'), JSON.stringify({ ...running, workerds: [] }))
  gateway = await start()
  expect(gateway.output()).toContain('left behind')
  await acceptedMoreThan(load.accepted.length + 100)
  await load.stop()
  await changes.stop()

  const events = await until(
    'every event delivered',
    async () => {
      const all = await eventsOf(gateway.url, state)
      return all.every(event => event.state === 'delivered') && all
    },
    180_000,
  )
  const { reasons, isWhole } = await auditOf(gateway.url, state)
  await gateway.stop()
  app.close()

  const known = new Set(events.map(event => event.id))
  expect(load.accepted.filter(id => !known.has(id))).toEqual([])
  const timesSeen = Map.groupBy(app.seen, delivery => String(delivery.headers['webhook-id']))
  expect(events.filter(event => !timesSeen.has(event.id))).toEqual([])
  const repeated = events.filter(event => (timesSeen.get(event.id)?.length ?? 0) > 1)
  const unknown = events.filter(event => event.attempts.some(attempt => attempt.fault === 'outcome-unknown'))
  expect(repeated.filter(event => !unknown.includes(event))).toEqual([])
  expect(unknown.length).toBeLessThanOrEqual(2 * concurrency)

  expect(changes.acknowledged.length).toBeGreaterThan(3)
  expect([isWhole, changes.acknowledged.filter(reason => !reasons.has(reason))]).toEqual([true, []])
}, 450_000)
