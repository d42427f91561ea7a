import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { root } from '#cli/machine/paths.ts'
import { programFor } from '#cli/program.ts'
import { backoffMs, decide } from '#core/delivery/schedule.ts'
import { faults } from '#core/fault.ts'
import { Manifest } from '#core/manifest/schema.ts'
import { Retry } from '#core/manifest/webhook-schema.ts'
import { actions, defaultKeepLast, replacementOf } from '#core/masking/action.ts'
import { AppKeys } from '#core/masking/app-keys.ts'
import { entityTypes } from '#core/masking/detectors/entity-types.ts'
import { numberRows } from '#core/masking/detectors/numbers/rows.ts'
import { markedSecrets, shapedSecrets } from '#core/masking/detectors/secrets/rows.ts'
import { wordRows } from '#core/masking/detectors/words/rows.ts'
import { schemes } from '#core/webhook/schemes.ts'
import packageJson from '#package' with { type: 'json' }
import { policyNames } from '#policies/pipeline.ts'
import { commandOptions, fieldsOf, optionsIn, page, pages, rowsByCode } from '../support/node/docs.ts'

const all = pages()
const blocks = (info: RegExp) => all.flatMap(({ blocks }) => blocks.filter(block => info.test(block.info)))
const source = (path: string) => readFileSync(join(root, path), 'utf8')

describe('what the documentation names', () => {
  it('has no block marked `run` that nothing runs', () => {
    const known = /^(sh|js) run$|^js run sdk$|^http run \d{3}$/
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
    expect(Object.fromEntries(documented)).toEqual(Object.fromEntries(commandOptions(await programFor([]))))
  })

  it('docs/operations.md: every counter, setting and log event', () => {
    const rows = [...rowsByCode(page('docs/operations.md')).keys()]
    const named = (file: string, pattern: RegExp) => [...source(file).matchAll(pattern)].map(([, name]) => name)
    const counters = named('src/core/telemetry/prometheus.ts', /^ {2}(\w+_total):/gm)
    expect(rows.filter(row => row.endsWith('_total'))).toEqual(counters.map(name => `gatehouse_${name}`))
    const settings = named('src/core/settings/variables.ts', /^ {4}([A-Z_]+):/gm)
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
    const told = [...rows.keys()].filter(row => row !== 'spec.webhooks.<source>' && !policyNames.has(row))
    expect(told.sort()).toEqual([...fields.keys()].sort())
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

  it('docs/webhooks.md: every scheme, with its headers, dedupe window and patience', () => {
    const { text } = page('docs/webhooks.md')
    for (const [name, scheme] of Object.entries(schemes)) {
      const { signature, dedupeHours } = scheme
      const waits = 'deadlineMs' in scheme ? `${scheme.deadlineMs / 1000} s` : 'not told'
      const rows = text.split('\n').filter(line => line.startsWith(`| \`${name}\``))
      expect(rows).toHaveLength(2)
      expect(rows[0]).toContain(`\`${signature.header}\``)
      expect(rows[1]).toContain(`| ${dedupeHours} h | ${waits} |`)
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

  it('docs/masking-bodies.md: every action, with what it writes', () => {
    const keys = new AppKeys('shop', new Uint8Array(128).fill(4))
    const { text } = page('docs/masking-bodies.md')
    for (const action of actions) {
      const written = replacementOf(action, 'EMAIL', 'ann@example.com', { keepLast: defaultKeepLast, keys })
      const told = new RegExp(`^\\| \`${action}\` \\| (?:\`([^\`…]*)…?\`)?`, 'm').exec(text)
      expect(told, action).not.toBeNull()
      if (action !== 'block') expect(written.startsWith(told?.[1] ?? ''), action).toBe(true)
      if (action === 'redact' || action === 'mask' || action === 'format') expect(told?.[1]).toBe(written)
    }
  })

  it('docs/masking.md: every type, with what it needs and whether a check decides', () => {
    const { text } = page('docs/masking.md')
    const table = text.slice(text.indexOf('## Types'), text.indexOf('A *word* is looked for'))
    const rows = new Map(
      [...table.matchAll(/^\| (`[A-Z].*?) \| .* \| (.*) \| (.*) \|$/gm)].flatMap(([, types = '', decided, needs]) =>
        [...types.matchAll(/`(\w+)`/g)].map(([, type]) => [type, { decided, needs }] as const),
      ),
    )
    expect([...rows.keys()].sort()).toEqual([...entityTypes].sort())
    const needed = { nothing: 'alone', 'shape and context': 'word', context: 'word' } as const
    for (const type of entityTypes) {
      const numbers = numberRows.filter(row => row.type === type)
      const words = wordRows.filter(row => row.type === type)
      const found = [
        ...numbers.map(({ needs, shape, digits }) =>
          needs !== 'shape or context'
            ? needed[needs]
            : digits.some(count => shape?.test('0'.repeat(count)))
              ? 'alone'
              : 'shape',
        ),
        // what stands alone may do so by the marks of its pattern
        ...words.flatMap(row => (row.isPlain ? ['alone', 'shape'] : ['word'])),
      ]
      if (found.length === 0) continue
      expect(found, type).toContain(/^\w+/.exec(rows.get(type)?.needs ?? '')?.[0])
      const isChecked = [...numbers, ...words].some(({ check }) => check !== undefined)
      const isByForm = /^(?:nothing but the form|form|prefixes)/.test(rows.get(type)?.decided ?? '')
      expect({ type, isChecked }).toEqual({ type, isChecked: !isByForm })
    }
    for (const one of new Set([...markedSecrets, ...shapedSecrets].map(({ subtype }) => subtype)))
      expect(text).toContain(`\`${one}\``)
  })

  it('docs/dependencies.md: exactly the packages of package.json', () => {
    const { dependencies, devDependencies, optionalDependencies } = packageJson
    const names = Object.keys({ ...dependencies, ...devDependencies, ...optionalDependencies })
    expect([...rowsByCode(page('docs/dependencies.md')).keys()].sort()).toEqual(names.sort())
  })
})
