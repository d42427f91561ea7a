import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import * as z from 'zod'
import { root } from '#cli/machine/paths.ts'

/** One page of the documentation. */
export interface Page {
  /** From the repository's root: `docs/cli.md`. */
  readonly path: string
  readonly text: string
  readonly blocks: readonly Block[]
}

/** A fenced block: the words after its fence, what it holds, and where it stands. */
export interface Block {
  readonly info: string
  readonly content: string
  readonly place: string
}

/** Where the gateway that the examples run against really is, while the pages name its defaults. */
export interface Place {
  readonly port: number
  readonly appPort: number
  readonly providerPort: number
  readonly state: string
  /** The example registry, its upstreams at `appPort`. */
  readonly registry: string
}

/** README.md and everything in docs. */
export function pages(): Page[] {
  const names = readdirSync(join(root, 'docs')).filter(name => name.endsWith('.md'))
  return ['README.md', ...names.sort().map(name => `docs/${name}`)].map(page)
}

export function page(path: string): Page {
  const text = readFileSync(join(root, path), 'utf8')
  const blocks: Block[] = []
  let open: { info: string; line: number; indent: number; lines: string[] } | undefined
  for (const [index, line] of text.split('\n').entries()) {
    const [, indent = '', info] = /^( *)```(.*)$/.exec(line) ?? []
    if (info === undefined) open?.lines.push(line.slice(open.indent))
    else if (!open) open = { info, line: index + 1, indent: indent.length, lines: [] }
    else {
      blocks.push({ info: open.info, content: open.lines.join('\n'), place: `${path}:${open.line}` })
      open = undefined
    }
  }
  if (open) throw new Error(`${path}:${open.line} opens a block that nothing closes`)
  return { path, text, blocks }
}

/** A text with the page's default ports and folders replaced by the real ones. */
export function located(text: string, { port, appPort, providerPort, state, registry }: Place): string {
  return text
    .replaceAll('8787', String(port))
    .replaceAll('8788', String(appPort))
    .replaceAll('8789', String(providerPort))
    .replaceAll('.gatehouse', state)
    .replaceAll('examples/registry', registry)
}

/**
 * A `sh run` block as one script that stops at the first line that does not end as it says: with 0, or with
 * what `# exits <code>` names. Defaults that a line leaves out are said, so that it reaches the gateway meant.
 * `npx`, which costs more than the command, is left in README.md only.
 */
export function script({ content, place: at }: Block, place: Place): string {
  const { port, state } = place
  const cli = at.startsWith('README.md') ? 'npx gatehouse' : `${process.execPath} ${join(root, 'src/cli/main.ts')}`
  const url = `--url http://127.0.0.1:${port}`
  return content
    .split('\n')
    .filter(line => line.trim())
    .map(line => {
      const expected = /# exits (\d+)$/.exec(line)?.[1] ?? '0'
      const said = located(line, place)
        .replace('npx gatehouse send', `npx gatehouse send ${url}`)
        .replace(
          /npx gatehouse (events|replays|apps|egress|explain|audit|secret|shadow) (\w+)/,
          `npx gatehouse $1 $2 ${url} --state ${state}`,
        )
        .replace('npx gatehouse policy rehearse', `npx gatehouse policy rehearse ${url} --state ${state}`)
        .replace(/npx gatehouse (whoami|status)/, `npx gatehouse $1 ${url} --state ${state}`)
        .replace(/npx gatehouse mask(?=.* --app)/, `npx gatehouse mask ${url} --state ${state}`)
        .replace('npx gatehouse build', `npx gatehouse build --out ${state}/registry.bulk.json`)
        .replace(/npx gatehouse push(?=.* --local)/, `npx gatehouse push --state ${state}`)
        .replaceAll('npx gatehouse', cli)
      const check = `code=$?; [ $code -eq ${expected} ] || { echo "ended with $code, not ${expected}: "${quoted(line)} >&2; exit 99; }`
      return `${said}\n${check}`
    })
    .join('\n')
}

function quoted(text: string): string {
  return `'${text.replaceAll("'", `'\\''`)}'`
}

/** Runs a `js run` block in a process of its own, from the moment it prints something until `stop`. */
export async function startScript(code: string, env: Readonly<Record<string, string>>) {
  const child: ChildProcess = spawn(process.execPath, ['--input-type=module', '--eval', code], {
    cwd: root,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let output = ''
  child.stdout?.on('data', chunk => {
    output += chunk
  })
  await Promise.race([child.stdout && once(child.stdout, 'data'), once(child, 'exit')])
  if (child.exitCode !== null) throw new Error(`the block ended with ${child.exitCode}:\n${output}`)
  return { output: () => output, stop: () => void child.kill() }
}

/** Every command of the CLI with the long options it takes, subcommands in place of their group. */
export function commandOptions(command: Command, name = 'gatehouse'): Map<string, string[]> {
  const children = command.commands.map(child => commandOptions(child, `${name} ${child.name()}`))
  const own = command.options.flatMap(({ long }) => (long ? [long] : []))
  return children.length > 0 ? new Map(children.flatMap(child => [...child])) : new Map([[name, own.sort()]])
}

/** The long options that a text names. */
export function optionsIn(text: string): string[] {
  const found = [...text.matchAll(/(?<![\w-])--[a-z][a-z-]*/g)].map(([option]) => option)
  return [...new Set(found)].filter(option => option !== '--help').sort()
}

/** The rows of a page's tables, by the code in their first cell. */
export function rowsByCode({ text }: Page): Map<string, string> {
  return new Map([...text.matchAll(/^ *\| `([^`]+)`.*$/gm)].map(([row, code = '']) => [code, row]))
}

type JsonSchema = {
  properties?: Record<string, JsonSchema>
  additionalProperties?: JsonSchema | boolean
  items?: JsonSchema
  default?: unknown
  minimum?: number
  maximum?: number
  minLength?: number
  maxLength?: number
  minItems?: number
  maxItems?: number
  enum?: unknown[]
  const?: unknown
}

/** What a map's keys are called in the documentation. */
const keyNames: Readonly<Record<string, string>> = {
  labels: '<label>',
  webhooks: '<source>',
  policies: '<policy>',
  set: '<header>',
  prices: '<model>',
  fields: '<pointer>',
}

/** Where a masking rule may stand; its fields are told once, under `<masking>`. */
const maskingRule = /^spec\.(?:webhooks\.<source>\.masking|egress\[\]\.masking|masking\.(?:request|response))$/

/** A longer list of values has a page of its own. */
const maxListed = 20

/** Every field that a schema takes, by its path as the documentation writes it, with the facts its row must tell. */
export function fieldsOf(schema: z.ZodType): Map<string, string[]> {
  const fields = new Map<string, string[]>()
  walk(z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as JsonSchema, '', [])
  return fields

  function walk(here: JsonSchema, path: string, outer: readonly unknown[]): void {
    const { properties, additionalProperties, items, enum: listed = [] } = here
    if (maskingRule.test(path)) {
      fields.set(path, [])
      walk(here, '<masking>', [])
      return
    }
    const values = listed.length > maxListed ? [] : listed
    if (properties) {
      for (const [name, child] of Object.entries(properties)) walk(child, path ? `${path}.${name}` : name, [])
    } else if (items) walk(items, `${path}[]`, [here.minItems, here.maxItems])
    else if (typeof additionalProperties === 'object') {
      walk(additionalProperties, `${path}.${keyNames[path.split('.').at(-1) ?? '']}`, [])
    } else {
      const facts = [here.default, here.minimum, here.maximum, here.const, ...values, ...outer]
      const isName = here.minLength === undefined && here.maxLength === 63
      const known = [...facts, ...(isName ? [] : [here.maxLength])]
      fields.set(path, known.filter(fact => fact !== undefined && fact !== '').map(String))
    }
  }
}
