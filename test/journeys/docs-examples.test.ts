import { readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '#cli/machine/paths.ts'
import { type Sample, startSampleApp, startSampleProvider } from '#cli/machine/samples.ts'
import { readSecrets, signingKeys } from '#cli/machine/secrets-file.ts'
import { readRegistry } from '#cli/registry/folder.ts'
import { gatewaySetting } from '#cli/registry/setting.ts'
import type { EventView } from '#core/delivery/event.ts'
import { readFleet } from '#core/fleet/documents.ts'
import { readManifest } from '#core/manifest/read.ts'
import { readYaml } from '#core/manifest/yaml.ts'
import { policyNames } from '#policies/pipeline.ts'
import { freePort } from '../../scripts/free-port.ts'
import { type Block, located, type Place, pages, script, startScript } from '../support/node/docs.ts'
import {
  evaluated,
  gatehouse,
  type Started,
  shell,
  startGatehouse,
  temporaryFolder,
  until,
  write,
} from '../support/node/gateway.ts'
import { appTokenOf, secretLines, vendorApis, vendorApp } from '../support/node/vendor-apis.ts'
import { startVendors } from '../support/node/vendors.ts'

const all = pages()
const blocks = (info: RegExp) => all.flatMap(({ blocks }) => blocks.filter(block => info.test(block.info)))
const setting = { ...gatewaySetting('local'), policies: policyNames }

describe('manifests in the documentation', () => {
  it.each(blocks(/^yaml manifest$/))('$place is accepted', ({ content }) => {
    expect(readManifest(content, 'shown.yaml', setting)).toMatchObject({ kind: 'accepted' })
  })

  const refused = all.flatMap(({ blocks }) =>
    blocks.flatMap((block, index) => (block.info === 'yaml refused' ? [{ ...block, next: blocks[index + 1] }] : [])),
  )
  it.each(refused)('$place is refused, in the words that follow it', async ({ content, next }) => {
    expect(readManifest(content, 'shown.yaml', setting).kind).toBe('refused')
    if (next?.info !== 'text') return
    await using folder = await temporaryFolder()
    const file = /^(\S+\.yaml):/.exec(next.content)?.[1] ?? 'registry/shown.yaml'
    await write(folder.path, { [file]: content })
    const cli = join(root, 'src/cli/main.ts')
    const { code, stderr } = await shell(`${process.execPath} ${cli} build ${dirname(file)}`, folder.path)
    expect({ code, said: stripVTControlCharacters(stderr).trim() }).toEqual({ code: 1, said: next.content })
  })
})

describe('fleet rules in the documentation', () => {
  it.each(blocks(/^yaml rule$/))('$place is accepted, its tests pass', ({ content }) => {
    const read = readYaml(content, 'shown.yaml')
    expect(read.kind === 'document' && readFleet([read.document], new Date())).toMatchObject({ kind: 'fleet' })
  })
})

/** A block with the stand-in in place of the vendors whose addresses it names. */
const standingIn = (port: number) => (text: string) =>
  text.replaceAll(/(?<=\}\/)(?:api\.openai\.com|api\.anthropic\.com|slack\.com)(?=[/`])/g, `localhost:${port}`)

describe('commands and requests in the documentation', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let gateway: Started
  let place: Place
  let keys: string[]
  let provider: Sample
  let vendors: Awaited<ReturnType<typeof startVendors>>

  beforeAll(async () => {
    folder = await temporaryFolder()
    place = {
      port: await freePort(),
      appPort: await freePort(),
      providerPort: await freePort(),
      state: join(folder.path, 'state'),
      registry: join(folder.path, 'registry'),
    }
    const declared = await readRegistry(join(root, 'examples/registry'), setting)
    const moved = declared.map(({ file }) => [
      `registry/${file.split('/').at(-1)}`,
      located(readFileSync(file, 'utf8'), place),
    ])
    vendors = await startVendors(vendorApis)
    const secrets = join(folder.path, 'secrets.env')
    await write(folder.path, {
      ...Object.fromEntries(moved),
      'registry/sdks.yaml': vendorApp('sdks', `http://localhost:${vendors.port}`),
      'secrets.env': readFileSync(join(root, 'examples/secrets.env'), 'utf8') + secretLines('sdks', {}),
    })
    keys = signingKeys(declared, await readSecrets(secrets))
    const registry = ['--registry', place.registry, '--secrets', secrets]
    provider = await startSampleProvider(undefined, place.providerPort)
    gateway = await startGatehouse([...registry, '--port', String(place.port), '--state', place.state, '--no-samples'])
  })

  afterAll(async () => {
    await gateway?.stop()
    provider?.stop()
    vendors?.close()
    await folder[Symbol.asyncDispose]()
  })

  const run = async (block: Block) => {
    const ran = await shell(script(block, place))
    expect(ran, `${block.place}\n${ran.stdout}${ran.stderr}`).toMatchObject({ code: 0 })
  }

  const shopEvents = async (...more: string[]) => {
    const where = ['--url', gateway.url, '--state', place.state, '--json']
    const { stdout } = await gatehouse(['events', 'list', '--app', 'shop', ...more, ...where])
    return (JSON.parse(stdout) as { items: EventView[] }).items
  }

  it.each(all.filter(({ blocks }) => blocks.some(({ info }) => info === 'sh run')))(
    '$path: each line of each `sh run` block ends as it says, with its `js run` block for an app',
    async ({ blocks, text }) => {
      const code = blocks.find(({ info }) => info === 'js run')?.content
      const app = code
        ? await startScript(located(code, place), { SIGNING_KEYS: keys.join(' ') })
        : { ...(await startSampleApp(keys, gateway.url, place.appPort)), output: () => '' }
      try {
        for (const block of blocks.filter(({ info }) => info === 'sh run')) await run(block)
        if (!code) return
        expect(text).toContain('gatehouse send stripe --app shop')
        const [event] = await shopEvents('--limit', '1')
        await until('the app of the page took the event', async () => app.output().includes(`event ${event?.id}`))
        const [settled] = await until('delivered', () => shopEvents('--limit', '1', '--in-state', 'delivered'))
        expect(settled?.attempts.at(-1)).toMatchObject({ status: 204 })
        const forged = await fetch(`http://127.0.0.1:${place.appPort}/`, { method: 'POST', body: '{}' })
        expect(forged.status).toBe(401)
      } finally {
        app.stop()
      }
    },
    120_000,
  )

  it('each `js run sdk` block ends well: the packages of vendors, unmodified, go out through the gateway', async () => {
    const token = await appTokenOf('sdks', place.state, gateway.url)
    for (const { content, place: at } of blocks(/^js run sdk$/)) {
      const code = standingIn(vendors.port)(located(content, place))
      // Stripe's package names its host itself
      const prelude = `const send = fetch; globalThis.fetch = (url, init) => send(String(url).replace(/api\\.stripe\\.com(:443)?/, 'localhost:${vendors.port}'), init)`
      const ran = await evaluated(`${prelude}\n${code}`, { GATEHOUSE_TOKEN: token })
      expect(ran, `${at}\n${ran.stderr}`).toMatchObject({ code: 0 })
    }
    const asked = vendors.asked.map(({ path }) => path)
    expect(asked.sort()).toEqual(['/api/chat.postMessage', '/v1/charges', '/v1/chat/completions', '/v1/messages'])
  })

  it('each `http run` block is answered with its status', async () => {
    await run({ info: '', content: 'npx gatehouse send stripe --app shop --source stripe', place: 'this test' })
    const [event] = await shopEvents('--limit', '1')
    const authorization = `Bearer ${readFileSync(join(place.state, 'operator-token'), 'utf8')}`
    for (const { info, content, place } of blocks(/^http run \d+$/)) {
      const [head = '', body] = content.replace('{id}', event?.id ?? '').split('\n\n')
      const [line = '', ...given] = head.split('\n')
      const [method = '', path] = line.split(' ')
      const headers = new Headers([
        ['authorization', authorization],
        ...given.map(pair => pair.split(': ') as [string, string]),
      ])
      const response = await fetch(`${gateway.url}${path}`, { method, headers, body: body ?? null })
      expect(`${place} ${response.status}`).toBe(`${place} ${info.split(' ')[2]}`)
    }
  }, 180_000)
})
