import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { PointerMetadata, RegistryItem } from '#core/manifest/publish.ts'
import { root } from '../machine/paths.ts'
import { exitCodes, Failure } from '../output.ts'

/** Which registry is meant: the one of this machine's state folder, or the deployed one. */
export type Target = { readonly local: true; readonly state: string } | { readonly local: false }

/** Keys that one `kv bulk get` may ask for. */
const keysPerGet = 100

/** The values of keys, read with wrangler; what is not there is left out. */
export async function valuesOf(wanted: readonly string[], target: Target): Promise<Map<string, string>> {
  const found = new Map<string, string>()
  for (let at = 0; at < wanted.length; at += keysPerGet) {
    const asked = wanted.slice(at, at + keysPerGet).map(name => ({ name }))
    const text = await withFile(asked, file => wrangler(['kv', 'bulk', 'get', file], target))
    const answer = JSON.parse(text.slice(text.indexOf('{'), text.lastIndexOf('}') + 1)) as Record<
      string,
      { value: string } | string | null
    >
    for (const [key, item] of Object.entries(answer)) {
      const value = typeof item === 'string' || item === null ? item : item.value
      if (value !== null) found.set(key, value)
    }
  }
  return found
}

/** The keys below a prefix, with what they say of themselves. */
export async function listedKeys(
  prefix: string,
  target: Target,
): Promise<readonly { readonly name: string; readonly metadata?: Partial<PointerMetadata> }[]> {
  const text = await wrangler(['kv', 'key', 'list', '--prefix', prefix], target)
  return JSON.parse(text.slice(text.indexOf('['), text.lastIndexOf(']') + 1))
}

/** Writes a registry with `wrangler kv bulk put`. */
export async function putBulk(items: readonly RegistryItem[], target: Target): Promise<void> {
  await withFile(items, file => wrangler(['kv', 'bulk', 'put', file], target))
}

/** The arguments that make wrangler reach a target. */
export function targetArguments(target: Target): string[] {
  return ['--binding', 'REGISTRY', ...(target.local ? ['--local', '--persist-to', target.state] : ['--remote'])]
}

async function withFile<Result>(content: unknown, use: (file: string) => Promise<Result>): Promise<Result> {
  const folder = await mkdtemp(join(tmpdir(), 'gatehouse-'))
  try {
    const file = join(folder, 'bulk.json')
    await writeFile(file, JSON.stringify(content))
    return await use(file)
  } finally {
    await rm(folder, { recursive: true })
  }
}

function wrangler(command: readonly string[], target: Target): Promise<string> {
  const all = [
    join(root, 'node_modules/wrangler/bin/wrangler.js'),
    ...command,
    ...targetArguments(target),
    '--config',
    join(root, 'wrangler.toml'),
  ]
  const env = { ...process.env, WRANGLER_SEND_METRICS: 'false', CLOUDFLARE_CF_FETCH_ENABLED: 'false' }
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, all, { env, stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    let complaints = ''
    child.stdout.on('data', chunk => (output += chunk))
    child.stderr.on('data', chunk => (complaints += chunk))
    child.on('close', code => {
      if (code === 0) resolve(output)
      else
        reject(
          new Failure(
            `wrangler ${command.slice(0, 3).join(' ')} failed:\n${complaints || output}`,
            exitCodes.unreachable,
          ),
        )
    })
  })
}
