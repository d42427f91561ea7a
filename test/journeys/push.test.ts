import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import type { Miniflare } from 'miniflare'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startGateway } from '#cli/machine/gateway.ts'
import { localKeys } from '#cli/machine/keys.ts'
import { root, statePaths } from '#cli/machine/paths.ts'
import { keys } from '#core/keys.ts'
import { freePort } from '../../scripts/free-port.ts'
import { startApp } from '../support/node/app.ts'
import { gatehouse, temporaryFolder, until, write } from '../support/node/gateway.ts'

/** So many that a push is under way for a while, and few enough that one run of the cron goes through all. */
const names = Array.from({ length: 160 }, (_, n) => `app-${String(n).padStart(3, '0')}`)

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let app: Awaited<ReturnType<typeof startApp>>
let gateway: Miniflare
let registry: string
let url: string

beforeAll(async () => {
  folder = await temporaryFolder()
  app = await startApp()
  registry = join(folder.path, 'registry')
  await write(registry, Object.fromEntries(names.map(name => [`${name}.yaml`, manifest(name)])))
  const paths = statePaths(folder.path)
  const port = await freePort()
  url = `http://127.0.0.1:${port}`
  const variables = { ...(await localKeys(paths, new Date())), TOKEN_ISSUER: url }
  gateway = await startGateway({ port, resources: paths.resources, variables, isQuiet: true })
})

afterAll(async () => {
  await gateway?.dispose()
  app?.close()
  await folder?.[Symbol.asyncDispose]()
})

const manifest = (name: string) => `apiVersion: gatehouse/v1
kind: MicroApp
metadata: { name: ${name} }
spec:
  owner: { user: tess, team: tests, contact: "#tests" }
  lifecycle: { stage: sandbox }
  upstreams: [{ name: stable, url: "${app.url}" }]
  api: { routes: [{ path: /, methods: [GET], auth: none }] }
`
const at = () => ['--url', url, '--state', folder.path]
const pushing = () => ['push', registry, ...at(), '--environment', 'local', '--yes']
const json = async (...args: string[]) => JSON.parse((await gatehouse([...args, '--json'])).stdout)
/** Pushes all, and kills the process as soon as it says that the first hundred are published. */
async function killedPush(): Promise<void> {
  const cli = spawn(process.execPath, [join(root, 'src/cli/main.ts'), ...pushing()], { cwd: root })
  let said = ''
  cli.stderr.on('data', chunk => {
    said += chunk
    if (said.includes(`100 of ${names.length} apps`)) cli.kill('SIGKILL')
  })
  const [, signal] = await once(cli, 'close')
  expect(signal, said).toBe('SIGKILL')
}

describe('a registry that is not whole', () => {
  it('serves what a push that was killed has published; the next push sends what is missing, and that alone', async () => {
    await killedPush()
    const { apps: asked, drift } = await json('diff', registry, ...at(), '--environment', 'local')
    const missing: string[] = drift.map(({ app, change }: Change) => `${change} ${app}`)
    expect(asked).toBe(names.length)
    expect(missing.length).toBeGreaterThan(0)
    expect(missing.length).toBeLessThanOrEqual(60)
    const there = names.filter(name => !missing.includes(`new ${name}`))
    const notThere = names.filter(name => !there.includes(name)).slice(0, 1)
    expect(await answers([...there, ...notThere])).toEqual({ ...all(204, there), ...all('app-unknown', notThere) })

    const { written, apps } = await json(...pushing())
    expect(written).toBe(true)
    const sent = apps.filter(({ change }: Change) => change !== 'unchanged')
    expect(sent.map(({ app, change }: Change) => `${change} ${app}`)).toEqual(missing)
    expect(new Set(apps.map(({ sequence }: Change) => sequence))).toEqual(new Set([1]))
    const [first = ''] = notThere
    await until('the first is served', async () => (await answers([first]))[first] === 204, 6_000)
    expect(await answers(names)).toEqual(all(204, names))
  })

  it('serves all but the one whose entry is bad, which status names', async () => {
    const kv = await gateway.getKVNamespace('REGISTRY', 'gatehouse')
    await kv.put(keys.pointer('app-torn'), '{"half a')
    await (await gateway.getWorker('gatehouse')).scheduled({ cron: '* * * * *' })
    expect(await answers([...names, 'app-torn'])).toEqual({ ...all(204, names), 'app-torn': 'entry-invalid' })

    const { code, stdout, stderr } = await gatehouse(['status', '--check', ...at()])
    expect({ code, stdout }).toEqual({
      code: 1,
      stdout: expect.stringMatching(/^161 apps, checked 20\S+\nbad entry app-torn: .+\n$/),
    })
    expect(stderr).toContain('The gateway is not whole.')
  })
})

interface Change {
  readonly app: string
  readonly change: string
  readonly sequence: number
}

const all = (answer: string | number, of: readonly string[]) => Object.fromEntries(of.map(name => [name, answer]))

/** What each app answers: its status, or the gateway's fault. */
async function answers(of: readonly string[]): Promise<Record<string, string | number>> {
  const asked = of.map(async name => {
    const answer = await fetch(`${url}/apps/${name}/`)
    return [name, answer.headers.get('gatehouse-fault') ?? answer.status] as const
  })
  return Object.fromEntries(await Promise.all(asked))
}
