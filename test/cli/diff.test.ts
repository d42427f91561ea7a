import { join } from 'node:path'
import { expect, it } from 'vitest'
import { probeManifest } from '../support/node/app.ts'
import { gatehouse, temporaryFolder, write } from '../support/node/gateway.ts'

const manifest = (name: string, more = '') =>
  probeManifest('https://probe.example.com', more).replace('name: probe', `name: ${name}`)
const production = (text: string) => text.replace('stage: sandbox', 'stage: production')

async function stage(files: Readonly<Record<string, string>>) {
  const folder = await temporaryFolder()
  const registry = join(folder.path, 'registry')
  const bulk = join(folder.path, 'bulk.json')
  await write(registry, files)
  expect((await gatehouse(['build', registry, '--out', bulk])).code).toBe(0)
  const diff = (...more: string[]) => gatehouse(['diff', registry, '--against', bulk, ...more])
  return { registry, bulk, diff, [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose]() }
}

it('finds nothing where the folder is as it was published, and ends with 0 also in CI', async () => {
  await using on = await stage({ 'a.yaml': manifest('a') })
  const { code, stdout } = await on.diff('--check', '--json')
  expect({ code, ...JSON.parse(stdout) }).toMatchObject({ code: 0, apps: 1, drift: [], fleet: 'unchanged' })
})

it('says what is new, changed and gone, who may newly enter, where the app newly goes, and what needs an approver', async () => {
  await using on = await stage({ 'a.yaml': production(manifest('a')), 'b.yaml': manifest('b') })
  await write(on.registry, {
    'a.yaml': production(manifest('a', '  egress: [{ to: "https://maps.example.com" }]\n')),
    'b.yaml': manifest('c'),
  })
  const shown = await on.diff()
  expect(shown.code).toBe(0)
  expect(shown.stdout).toMatch(/~ a +changed/)
  expect(shown.stdout).toContain('▲ widens egress the way to any method https://maps.example.com')
  expect(shown.stdout).toContain('needs an approver: egress: the way to any method https://maps.example.com')
  expect(shown.stdout).toMatch(/\+ c +new/)
  expect(shown.stdout).toContain('▲ widens entry webhooks of in, signed by github')
  expect(shown.stdout).toMatch(/- b +gone/)

  const { code, stdout } = await on.diff('--check', '--json')
  expect(code).toBe(1)
  const [first] = stdout.split(/^}$/m)
  const { drift } = JSON.parse(`${first}}`)
  expect(drift.map(({ app, change }: { app: string; change: string }) => `${app} ${change}`)).toEqual([
    'a changed',
    'c new',
    'b gone',
  ])
  expect(drift[0].approval).toEqual(['egress: the way to any method https://maps.example.com'])
})

it('lists the faults of what is to be published, with file and line', async () => {
  await using on = await stage({ 'a.yaml': manifest('a') })
  await write(on.registry, { 'a.yaml': manifest('a').replace('scheme: github', 'scheme: githab') })
  const { code, stderr } = await on.diff()
  expect(code).toBe(1)
  expect(stderr).toMatch(/a\.yaml:10 .*spec\.webhooks\.in\.scheme/)
})

it('compares 2,600 manifests in several threads, and finds the one that differs', async () => {
  const many = Array.from({ length: 2_600 }, (_, n) => [`app-${n}.yaml`, manifest(`app-${n}`)] as const)
  await using on = await stage(Object.fromEntries(many))
  await write(on.registry, { 'app-700.yaml': manifest('app-700').replace('path: /in', 'path: /on') })
  const { stdout } = await on.diff('--json')
  expect(JSON.parse(stdout)).toMatchObject({ apps: 2_600, drift: [{ app: 'app-700', change: 'changed' }] })
})
