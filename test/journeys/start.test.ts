import { createHmac, randomBytes, randomUUID } from 'node:crypto'
import { readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort } from '../../scripts/free-port.ts'
import { probeManifest, probeSecrets, startApp } from '../support/node/app.ts'
import {
  gatehouse,
  type Started,
  shell,
  startGatehouse,
  temporaryFolder,
  until,
  write,
} from '../support/node/gateway.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let app: Awaited<ReturnType<typeof startApp>>
let gateway: Started
let registry: string
let secrets: string
let state: string

beforeAll(async () => {
  folder = await temporaryFolder()
  app = await startApp()
  registry = join(folder.path, 'registry')
  secrets = join(folder.path, 'secrets.env')
  state = join(folder.path, 'state')
  await write(folder.path, { 'registry/probe.yaml': probeManifest(app.url), 'secrets.env': probeSecrets })
  gateway = await startGatehouse([
    '--port',
    String(await freePort()),
    '--registry',
    registry,
    '--secrets',
    secrets,
    '--state',
    state,
    '--no-samples',
  ])
})

afterAll(async () => {
  await gateway.stop()
  app.close()
  await folder[Symbol.asyncDispose]()
})

const send = (...more: string[]) =>
  gatehouse([
    'send',
    'github',
    '--app',
    'probe',
    '--source',
    'in',
    '--url',
    gateway.url,
    '--registry',
    registry,
    '--secrets',
    secrets,
    '--json',
    ...more,
  ])
const events = (...more: string[]) => gatehouse(['events', ...more, '--url', gateway.url, '--state', state, '--json'])

describe('a started gateway', () => {
  it('keeps its keys and the operator token to their owner', async () => {
    for (const file of ['keys.json', 'operator-token']) {
      expect((await stat(join(state, file))).mode & 0o777, file).toBe(0o600)
    }
  })

  it('takes what `send` signs, delivers it, and shows and replays it through `events`', async () => {
    const sent = await send()
    expect(sent).toMatchObject({ code: 0, stderr: '' })
    const { eventId } = JSON.parse(sent.stdout).body
    const delivered = async () => {
      const event = JSON.parse((await events('show', eventId)).stdout)
      return event.state === 'delivered' && event
    }
    expect((await until('delivered', delivered)).attempts).toMatchObject([{ n: 1, status: 204 }])
    const listed = JSON.parse((await events('list', '--app', 'probe')).stdout)
    expect(listed.items.map((event: { id: string }) => event.id)).toContain(eventId)

    expect((await events('replay', eventId, '--reason', 'to see it again')).code).toBe(0)
    expect(
      (await until('delivered again', async () => ((await delivered())?.attempts.length === 2 ? delivered() : false)))
        .attempts,
    ).toHaveLength(2)
    expect(
      app.seen
        .filter(({ headers }) => headers['webhook-id'] === eventId)
        .map(({ headers }) => headers['gatehouse-attempt']),
    ).toEqual(['1', '2'])
  })

  it('streams a large body to the app byte for byte, and states its length', async () => {
    const body = randomBytes(3_145_728)
    const headers = {
      'content-type': 'application/octet-stream',
      'x-github-delivery': randomUUID(),
      'x-hub-signature-256': `sha256=${createHmac('sha256', 'vendor-secret').update(body).digest('hex')}`,
    }
    const answer = await fetch(`${gateway.url}/hooks/probe/in`, { method: 'POST', headers, body })
    const { eventId } = (await answer.json()) as { eventId: string }
    const found = () => app.seen.find(one => one.headers['webhook-id'] === eventId)
    const delivery = await until('delivered', async () => found() ?? false)
    expect(delivery.headers['content-length']).toBe(String(body.length))
    expect(delivery.headers['transfer-encoding']).toBeUndefined()
    expect(delivery.body.equals(body)).toBe(true)
  })

  it('holds deliveries back between `apps pause` and `apps resume`, and says so', async () => {
    const apps = (...more: string[]) => gatehouse(['apps', ...more, '--url', gateway.url, '--state', state, '--json'])
    const paused = await apps('pause', 'probe', '--source', 'in', '--reason', 'the app is being mended')
    expect(JSON.parse(paused.stdout)).toMatchObject({ app: 'probe', paused: ['in'] })
    const { eventId } = JSON.parse((await send()).stdout).body
    expect(JSON.parse((await events('show', eventId)).stdout)).toMatchObject({ state: 'waiting', attempts: [] })
    expect(JSON.parse((await apps('resume', 'probe', '--reason', 'mended')).stdout)).toMatchObject({ paused: [] })
    const delivered = async () => JSON.parse((await events('show', eventId)).stdout).state === 'delivered'
    await until('delivered', delivered)
  })

  it('counts, sends and watches a replay of many', async () => {
    const replays = (...more: string[]) =>
      gatehouse(['replays', ...more, '--url', gateway.url, '--state', state, '--json'])
    const chosen = ['start', '--app', 'probe', '--in-state', 'delivered', '--reason', 'to see']
    const { matched } = JSON.parse((await replays(...chosen, '--dry-run')).stdout)
    expect(matched).toBeGreaterThan(0)
    const watched = await replays(...chosen, '--per-second', '100', '--watch')
    expect(JSON.parse(watched.stdout)).toMatchObject({
      state: 'done',
      matched,
      sent: matched,
      delivered: matched,
      dead: 0,
    })
  })

  it('refuses what `send --forge` sends, and `send` ends with 1', async () => {
    const forged = await send('--forge')
    expect(forged.code).toBe(1)
    expect(JSON.parse(forged.stdout)).toMatchObject({ status: 401, body: { code: 'signature-mismatch' } })
  })

  it('refuses a second start on its state', async () => {
    const args = ['start', '--port', String(await freePort()), '--registry', registry, '--state', state, '--no-samples']
    expect(await gatehouse(args)).toMatchObject({ code: 1, stderr: expect.stringContaining('already running') })
  })

  it('ends a start that fails after it has started the sample app', async () => {
    const args = ['start', '--port', new URL(gateway.url).port, '--state', join(folder.path, 'failing')]
    expect((await gatehouse(args)).code).not.toBe(0)
  })

  it('refuses a start on its port', async () => {
    const args = [
      'start',
      '--port',
      new URL(gateway.url).port,
      '--registry',
      registry,
      '--state',
      join(folder.path, 'other'),
      '--no-samples',
    ]
    expect(await gatehouse(args)).toMatchObject({ code: 3, stderr: expect.stringContaining('is taken') })
  })

  it('takes up, within 30 s, what the printed `wrangler kv bulk put` line sends, and what `push --local` writes', async () => {
    const out = join(state, 'registry.bulk.json')
    const moved = join(folder.path, 'moved')
    const line = gateway.output().match(/npx wrangler kv bulk put .*$/m)?.[0] ?? ''
    expect(line).toContain(`--local --persist-to ${state}`)
    expect(await shell(line)).toMatchObject({ code: 0 })

    const named = (name: string) => probeManifest(app.url).replace('name: probe', `name: ${name}`)
    await write(moved, { 'by-wrangler.yaml': named('by-wrangler') })
    expect((await gatehouse(['build', moved, '--out', out, '--environment', 'local'])).code).toBe(0)
    expect(await shell(line)).toMatchObject({ code: 0 })

    await write(moved, { 'by-push.yaml': named('by-push') })
    const pushed = await gatehouse(['push', moved, '--local', '--state', state, '--json'])
    expect(pushed).toMatchObject({ code: 0 })
    const changes = JSON.parse(pushed.stdout).apps.map(
      ({ app, change }: { app: string; change: string }) => `${app} ${change}`,
    )
    expect(changes).toEqual(['by-push new', 'by-wrangler unchanged'])

    for (const name of ['by-wrangler', 'by-push']) {
      const known = async () => (await fetch(`${gateway.url}/hooks/${name}/in`, { method: 'POST' })).status === 401
      await until(`${name} known`, known, 30_000)
    }
  }, 270_000)
})

it('ends at once with every fault of a broken registry, and of a broken secrets file', async () => {
  await using broken = await temporaryFolder()
  const manifest = probeManifest('https://probe.example.com')
  await write(broken.path, {
    'registry/a.yaml': manifest.replace('kind: MicroApp', 'kind: MikroApp'),
    'registry/b.yaml': manifest.replace('secrets: [vendor]', 'secrets: []'),
    'good/c.yaml': manifest,
    'secrets.env': 'SECRET_PROBE__VENDOR=x\nnonsense with-a-value\n',
  })
  const shared = ['--state', join(broken.path, 'state'), '--no-samples', '--port', String(await freePort())]
  const registry = await gatehouse(['start', '--registry', join(broken.path, 'registry'), ...shared])
  expect(registry.code).toBe(1)
  expect(registry.stderr).toMatch(/a\.yaml:2 .*kind/)
  expect(registry.stderr).toMatch(/b\.yaml:11 .*secrets/)
  const args = [
    'start',
    '--registry',
    join(broken.path, 'good'),
    '--secrets',
    join(broken.path, 'secrets.env'),
    ...shared,
  ]
  const secrets = await gatehouse(args)
  expect(secrets.code).toBe(1)
  expect(secrets.stderr).toMatch(/secrets\.env:2 /)
  expect(secrets.stderr).not.toContain('with-a-value')
})

it('makes keys once, so that an operator token survives a restart on the same state; and says where it is as JSON', async () => {
  await using own = await temporaryFolder()
  await write(own.path, {
    'registry/probe.yaml': probeManifest('https://probe.example.com'),
    'secrets.env': probeSecrets,
  })
  const args = [
    '--port',
    String(await freePort()),
    '--registry',
    join(own.path, 'registry'),
    '--secrets',
    join(own.path, 'secrets.env'),
    '--state',
    join(own.path, 'state'),
    '--no-samples',
  ]
  const first = await startGatehouse(args)
  const token = await readFile(join(own.path, 'state/operator-token'), 'utf8')
  await first.stop()
  const second = await startGatehouse([...args, '--json'])
  expect(JSON.parse(second.output())).toMatchObject({ url: second.url, apps: ['probe'] })
  const response = await fetch(`${second.url}/admin/v1/events?app=probe`, {
    headers: { authorization: `Bearer ${token}` },
  })
  const promote = async (...more: string[]) => {
    const places = [
      '--from',
      gateway.url,
      '--from-state',
      state,
      '--to',
      second.url,
      '--state',
      join(own.path, 'state'),
    ]
    const { stdout } = await gatehouse(['promote', 'probe', ...places, '--reason', 'it works', '--json', ...more])
    return JSON.parse(stdout)
  }
  const { digest } = JSON.parse(
    (await gatehouse(['apps', 'show', 'probe', '--url', gateway.url, '--state', state, '--json'])).stdout,
  )
  expect(await promote('--dry-run')).toMatchObject({
    digest,
    differences: [{ area: 'upstreams' }, { area: 'upstreams' }],
  })
  expect(await promote()).toMatchObject({ digest, from: 'local', change: 'changed', sequence: 2 })
  expect(await promote()).toMatchObject({ digest, change: 'unchanged' })
  await second.stop()
  expect(response.status).toBe(200)
})
