import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { probeManifest } from '../support/node/app.ts'
import { gatehouse, temporaryFolder, write } from '../support/node/gateway.ts'

interface Item {
  key: string
  value: string
  metadata?: Record<string, string>
}

const good = probeManifest('https://probe.example.com')
const other = good.replace('name: probe', 'name: other')

async function bulkOf(file: string): Promise<Item[]> {
  return JSON.parse(await readFile(file, 'utf8'))
}

it('writes revisions first and pointers last, each pointer naming a revision in the same file', async () => {
  await using folder = await temporaryFolder()
  const out = join(folder.path, 'bulk.json')
  await write(folder.path, { 'registry/probe.yaml': good, 'registry/other.yaml': other })
  const { code } = await gatehouse(['build', join(folder.path, 'registry'), '--out', out])
  expect(code).toBe(0)
  const items = await bulkOf(out)
  expect(items.map(({ key }) => key.split('/')[0])).toEqual(['revisions', 'revisions', 'apps', 'apps'])
  for (const { key, value } of items.slice(2)) {
    const app = key.slice('apps/'.length)
    expect(items.map(item => item.key)).toContain(`revisions/${app}/${JSON.parse(value).digest}`)
  }
})

it('keeps dates and sequence of what has not changed, and moves the end of life only with --renew', async () => {
  await using folder = await temporaryFolder()
  const out = join(folder.path, 'bulk.json')
  await write(folder.path, { 'registry/probe.yaml': good })
  const pointerAfter = async (...more: string[]) => {
    await gatehouse(['build', join(folder.path, 'registry'), '--out', out, ...more])
    return JSON.parse((await bulkOf(out)).find(({ key }) => key === 'apps/probe')?.value ?? '')
  }
  const first = await pointerAfter()
  expect(await pointerAfter()).toEqual(first)
  const renewed = await pointerAfter('--renew')
  expect(renewed.sequence).toBe(2)
  expect(Date.parse(renewed.expiresAt)).toBeGreaterThan(Date.parse(first.expiresAt))
})

it('lists every fault of every file with line, path, reason and remedy, and writes nothing', async () => {
  await using folder = await temporaryFolder()
  const out = join(folder.path, 'bulk.json')
  await write(folder.path, {
    'registry/one.yaml': good.replace('scheme: github', 'scheme: githab').replace('lifecycle', 'lifecyle'),
    'registry/two.yaml': 'apiVersion: [',
    'registry/three.yaml': other.replace('https://', 'http://'),
    'registry/four.yaml': good,
    'registry/five.yaml': good,
  })
  const { code, stdout, stderr } = await gatehouse(['build', join(folder.path, 'registry'), '--out', out, '--json'])
  expect({ code, stderr }).toEqual({ code: 1, stderr: '' })
  const { faults } = JSON.parse(stdout) as {
    faults: { file: string; line?: number; path: string; reason: string; remedy: string }[]
  }
  const found = faults.map(
    ({ file, line, path, remedy }) => `${file.split('/').at(-1)}:${line ?? ''} ${path} | ${remedy}`,
  )
  expect(found).toEqual(
    expect.arrayContaining([
      expect.stringMatching(/^one\.yaml:6 spec\.lifecyle \| Did you mean `lifecycle`\?$/),
      expect.stringMatching(/^one\.yaml:10 spec\.webhooks\.in\.scheme \| Did you mean `github`\?$/),
      expect.stringMatching(/^one\.yaml:\d+ spec\.lifecycle \| Add it/),
      expect.stringMatching(/^two\.yaml:1 /),
      expect.stringMatching(/^three\.yaml:7 spec\.upstreams\[0\]\.url /),
      expect.stringMatching(/^four\.yaml: metadata\.name /),
    ]),
  )
  await expect(readFile(out)).rejects.toThrow()
})

it('says how it is used, and ends with 2 when it is used otherwise', async () => {
  expect(await gatehouse(['build', '--help'])).toMatchObject({ code: 0, stdout: expect.stringContaining('--renew') })
  expect(await gatehouse(['build', '--no-such'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--no-such'),
  })
})

it('refuses a folder that is not there, or is empty', async () => {
  await using folder = await temporaryFolder()
  await write(folder.path, { 'empty/readme.txt': '' })
  for (const name of ['nowhere', 'empty']) {
    expect(await gatehouse(['build', join(folder.path, name)]), name).toMatchObject({ code: 1 })
  }
})

it('prints no colours where there is no terminal', async () => {
  await using folder = await temporaryFolder()
  await write(folder.path, { 'registry/probe.yaml': good })
  const { stdout } = await gatehouse(['build', join(folder.path, 'registry'), '--out', join(folder.path, 'out.json')])
  expect(stdout).toContain('+ probe')
  expect(stdout).not.toContain('\u001b[')
})

it('refuses fewer shards than are in force, with file and line', async () => {
  await using folder = await temporaryFolder()
  const out = join(folder.path, 'bulk.json')
  const withShards = (shards: number) => good.replace(/^( +)scheme: github$/m, `$&\n$1delivery: { shards: ${shards} }`)
  const build = () => gatehouse(['build', join(folder.path, 'registry'), '--out', out])
  await write(folder.path, { 'registry/probe.yaml': withShards(4) })
  expect((await build()).code).toBe(0)
  await write(folder.path, { 'registry/probe.yaml': withShards(2) })
  const { code, stderr } = await build()
  expect(code).toBe(1)
  expect(stderr).toMatch(/probe\.yaml:\d+ .*delivery\.shards is 2, but the source has had 4/s)
  expect(JSON.parse((await bulkOf(out)).find(({ key }) => key === 'apps/probe')?.value ?? '')).toMatchObject({
    shards: expect.anything(),
    sequence: 1,
  })
})

it('refuses a host and a workload that two manifests claim, with the line of the second', async () => {
  await using folder = await temporaryFolder()
  const claims = `  hosts: [shop.example.org]
  identity: [{ issuer: "https://ci.example.com", subject: job }]
  api: { routes: [{ path: /, methods: [GET], auth: none }] }
  webhooks:`
  const [one, two] = [good, other].map(text => text.replace('  webhooks:', claims))
  await write(folder.path, { 'registry/a.yaml': `${one}`, 'registry/b.yaml': `${two}` })
  const out = join(folder.path, 'bulk.json')
  const { code, stdout } = await gatehouse(['build', join(folder.path, 'registry'), '--out', out, '--json'])
  expect(code).toBe(1)
  const said = JSON.stringify(JSON.parse(stdout))
  expect(said).toMatch(/"line":\d+,"path":"spec.hosts\[0\]","reason":"is already a host of the app probe"/)
  expect(said).toContain('already acts as the app probe')
  await write(folder.path, { 'registry/b.yaml': other })
  await gatehouse(['build', join(folder.path, 'registry'), '--out', out])
  const items = await bulkOf(out)
  expect(items).toContainEqual({ key: 'hosts/shop.example.org', value: 'probe' })
})
