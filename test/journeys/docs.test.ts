import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { stripVTControlCharacters } from 'node:util'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '#cli/machine/paths.ts'
import { startSample } from '#cli/machine/sample-app.ts'
import { readSecrets, signingKeys } from '#cli/machine/secrets-file.ts'
import { readRegistry } from '#cli/registry/folder.ts'
import { gatewaySetting } from '#cli/registry/setting.ts'
import type { EventView } from '#core/delivery/event.ts'
import { backoffMs, decide } from '#core/delivery/schedule.ts'
import { faults } from '#core/fault.ts'
import { readManifest } from '#core/manifest/read.ts'
import { Manifest } from '#core/manifest/schema.ts'
import { Retry } from '#core/manifest/webhook-schema.ts'
import { schemes } from '#core/webhook/schemes.ts'
import packageJson from '#package' with { type: 'json' }
import { policyNames } from '#policies/pipeline.ts'
import {
  type Block,
  commandHelps,
  fieldsOf,
  located,
  optionsIn,
  type Place,
  page,
  pages,
  rowsByCode,
  script,
  startScript,
} from '../support/node/docs.ts'
import {
  freePort,
  gatehouse,
  type Started,
  shell,
  startGatehouse,
  temporaryFolder,
  until,
  write,
} from '../support/node/gateway.ts'

const all = pages()
const blocks = (info: RegExp) => all.flatMap(({ blocks }) => blocks.filter(block => info.test(block.info)))
const source = (path: string) => readFileSync(join(root, path), 'utf8')
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

describe('commands and requests in the documentation', () => {
  let folder: Awaited<ReturnType<typeof temporaryFolder>>
  let gateway: Started
  let place: Place
  let keys: string[]

  beforeAll(async () => {
    folder = await temporaryFolder()
    place = {
      port: await freePort(),
      appPort: await freePort(),
      state: join(folder.path, 'state'),
      registry: join(folder.path, 'registry'),
    }
    const declared = await readRegistry(join(root, 'examples/registry'), setting)
    const moved = declared.map(({ file }) => [
      `registry/${file.split('/').at(-1)}`,
      located(readFileSync(file, 'utf8'), place),
    ])
    await write(folder.path, Object.fromEntries(moved))
    const secrets = join(root, 'examples/secrets.env')
    keys = signingKeys(declared, await readSecrets(secrets))
    const registry = ['--registry', place.registry, '--secrets', secrets]
    gateway = await startGatehouse([...registry, '--port', String(place.port), '--state', place.state, '--no-samples'])
  })

  afterAll(async () => {
    await gateway?.stop()
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
        : { ...(await startSample(keys, place.appPort)), output: () => '' }
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

  it('each `http run` block is answered with its status', async () => {
    await run({ info: '', content: 'npx gatehouse send stripe --app shop --source stripe', place: 'this test' })
    const [event] = await shopEvents('--limit', '1')
    const authorization = `Bearer ${readFileSync(join(place.state, 'operator-token'), 'utf8')}`
    for (const { info, content, place } of blocks(/^http run \d+$/)) {
      const [head = '', body] = content.replace('{id}', event?.id ?? '').split('\n\n')
      const [method = '', path] = head.split(' ')
      const response = await fetch(`${gateway.url}${path}`, { method, headers: { authorization }, body: body ?? null })
      expect(`${place} ${response.status}`).toBe(`${place} ${info.split(' ')[2]}`)
    }
  }, 60_000)
})

describe('what the documentation names', () => {
  it('has no block marked `run` that nothing runs', () => {
    const known = /^(sh|js) run$|^http run \d{3}$/
    expect(blocks(/ run\b/).filter(({ info }) => !known.test(info))).toEqual([])
    expect(blocks(/^js run$/).map(({ place }) => place.split(':')[0])).toEqual(['docs/verify-deliveries.md'])
  })

  it('links only to files and headings that are there', () => {
    const slugs = (path: string) =>
      [...source(path).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
        title
          .toLowerCase()
          .replace(/[^\w -]/g, '')
          .replaceAll(' ', '-'),
      )
    const broken = all.flatMap(({ path, text }) =>
      [...text.matchAll(/\]\((?!https?:)([^)#]*)(?:#([^)]+))?\)/g)].flatMap(([link, file, heading]) => {
        const target = file ? join(dirname(path), file) : path
        const isThere = existsSync(join(root, target)) && (!heading || slugs(target).includes(heading))
        return isThere ? [] : [`${path}: ${link}`]
      }),
    )
    expect(broken).toEqual([])
  })

  it('docs/cli.md: every command, and of each exactly its options', async () => {
    const sections = page('docs/cli.md').text.split(/^## /m).slice(1)
    const documented = sections
      .filter(section => section.startsWith('gatehouse '))
      .map(section => {
        const rows = section.split('\n').filter(line => line.startsWith('| `-'))
        return [section.split('\n')[0], optionsIn(rows.map(row => row.split(' | ')[0]).join('\n'))] as const
      })
    const helps = [...(await commandHelps())].map(([name, help]) => {
      const lines = help.split('\n').filter(line => /^ {2}-/.test(line))
      return [name, optionsIn(lines.map(line => line.slice(0, 24)).join('\n'))] as const
    })
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(helps))
  }, 60_000)

  it('docs/operations.md: every counter, setting and log event', () => {
    const rows = [...rowsByCode(page('docs/operations.md')).keys()]
    const named = (file: string, pattern: RegExp) => [...source(file).matchAll(pattern)].map(([, name]) => name)
    const counters = named('src/core/telemetry/prometheus.ts', /^ {2}(\w+_total):/gm)
    expect(rows.filter(row => row.endsWith('_total'))).toEqual(counters.map(name => `gatehouse_${name}`))
    const settings = named('src/core/settings.ts', /^ {4}([A-Z_]+):/gm)
    expect(rows.filter(row => /^[A-Z_]+$/.test(row))).toEqual(settings)
    const code = ['routes', 'src/core', 'src/platform'].flatMap(room =>
      readdirSync(join(root, room), { recursive: true, encoding: 'utf8' }).map(file => join(room, file)),
    )
    const texts = code.filter(file => file.endsWith('.ts')).map(source)
    const logged = texts.flatMap(text =>
      [...text.matchAll(/'(?:info|warn|error)', '([a-z-]+)'/g)].map(([, name]) => name),
    )
    expect(logged.filter(name => !rows.includes(name ?? ''))).toEqual([])
  })

  it('docs/manifest.md: every field that the schema takes, with its default and bounds', () => {
    const rows = rowsByCode(page('docs/manifest.md'))
    const fields = fieldsOf(Manifest)
    expect([...rows.keys()].filter(row => row !== 'spec.webhooks.<source>').sort()).toEqual([...fields.keys()].sort())
    const untold = [...fields].flatMap(([path, facts]) =>
      facts.filter(fact => !rows.get(path)?.includes(fact)).map(fact => `${path}: ${fact}`),
    )
    expect(untold).toEqual([])
    for (const name of policyNames.keys()) expect(page('docs/manifest.md').text).toContain(`\`${name}\``)
  })

  it('docs/mailbox.md: the waits that the schedule makes', () => {
    const { text } = page('docs/mailbox.md')
    const terms = Retry.parse({})
    const waits = Array.from({ length: terms.attempts - 1 }, (_, index) => backoffMs(index + 1, terms, 1) / 1000)
    expect(text).toContain(`| waits up to | ${waits.join(' s | ')} s |`)
    const held = decide({ kind: 'held', fault: 'app-expired' }, terms, { tries: 1, sinceMs: 0, nowMs: 0 }, 0)
    expect(text).toContain(`the event waits ${held.kind === 'again' && held.dueAtMs / 1000} s`)
  })

  it('docs/webhooks.md: every scheme, with its headers and dedupe window', () => {
    const { text } = page('docs/webhooks.md')
    for (const [name, { signature, dedupeHours }] of Object.entries(schemes)) {
      const rows = text.split('\n').filter(line => line.startsWith(`| \`${name}\``))
      expect(rows).toHaveLength(2)
      expect(rows[0]).toContain(`\`${signature.header}\``)
      expect(rows[1]).toContain(`| ${dedupeHours} h |`)
    }
  })

  it('faults with the status that the gateway answers', () => {
    const told = all.flatMap(({ path, text }) =>
      [...text.matchAll(/^\| `([a-z-]+)` \| (\d{3})\b/gm)].map(([, code, status]) => `${path} ${code} ${status}`),
    )
    const statuses = Object.fromEntries(Object.entries(faults).map(([code, { status }]) => [code, status]))
    expect(told.length).toBeGreaterThan(20)
    const wrong = told.filter(line => String(statuses[line.split(' ')[1] ?? '']) !== line.split(' ')[2])
    expect(wrong).toEqual([])
  })

  it('docs/dependencies.md: exactly the packages of package.json', () => {
    const { dependencies, devDependencies, optionalDependencies } = packageJson
    const names = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies })
    expect([...rowsByCode(page('docs/dependencies.md')).keys()].sort()).toEqual(names.sort())
  })
})
