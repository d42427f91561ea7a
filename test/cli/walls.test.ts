import { copyFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from '#cli/machine/paths.ts'
import { shell, temporaryFolder, write } from '../support/node/gateway.ts'

/** What each room must not import: design, "who may import whom". */
const forbidden: Readonly<Record<string, readonly string[]>> = {
  routes: ['#platform/ports.ts', '../src/platform/ports.ts', '#cli/output.ts', 'cloudflare:workers'],
  'routes/admin': ['#platform/ports.ts', '../../src/platform/ports.ts'],
  policies: ['hono', '#platform/ports.ts', '#routes/index.ts', '../src/core/fault.ts', 'cloudflare:workers'],
  'src/core': [
    'hono',
    '#platform/ports.ts',
    '#policies/pipeline.ts',
    '#routes/index.ts',
    'cloudflare:workers',
    'node:fs',
  ],
  'src/core/webhook': ['#platform/ports.ts', '../../platform/ports.ts', 'miniflare'],
  'src/platform': ['#policies/pipeline.ts', '#routes/index.ts', '#cli/output.ts', 'hono'],
  'src/cli': ['#platform/ports.ts', '../../src/platform/ports.ts', 'cloudflare:workers', 'hono'],
}

/** And some of what each may. */
const allowed: Readonly<Record<string, readonly string[]>> = {
  routes: ['hono', '#core/fault.ts', '#policies/pipeline.ts', './reply.ts'],
  policies: ['zod', '#core/fault.ts', './route.ts'],
  'src/core': ['zod', 'jose', '#core/fault.ts', './fault.ts'],
  'src/platform': ['cloudflare:workers', '#core/fault.ts'],
  'src/cli': ['node:fs', 'commander', '#core/fault.ts', '#policies/pipeline.ts'],
}

/** Which of the imports the linter refuses, with the project's own settings, as `room imports target`. */
async function refused(imports: Readonly<Record<string, readonly string[]>>): Promise<string[]> {
  await using folder = await temporaryFolder()
  await copyFile(join(root, 'biome.json'), join(folder.path, 'biome.json'))
  const claims = new Map<string, string>()
  for (const [room, targets] of Object.entries(imports)) {
    for (const [index, target] of targets.entries()) {
      const file = `${room}/import-${index}.ts`
      claims.set(file, `${room} imports ${target}`)
      await write(folder.path, { [file]: `import * as it from '${target}'\n\nexport const used = it\n` })
    }
  }
  const biome = join(root, 'node_modules/.bin/biome')
  const line = `${biome} lint --vcs-enabled=false --only=style/noRestrictedImports --max-diagnostics=none --reporter=github .`
  const { stdout } = await shell(line, folder.path)
  return [...claims].filter(([file]) => stdout.includes(`file=${join(folder.path, file)},`)).map(([, claim]) => claim)
}

const claims = (imports: Readonly<Record<string, readonly string[]>>) =>
  Object.entries(imports).flatMap(([room, targets]) => targets.map(target => `${room} imports ${target}`))

it('refuses every import that crosses a wall', async () => {
  expect(await refused(forbidden)).toEqual(claims(forbidden))
})

it('refuses no import that the design allows', async () => {
  expect(await refused(allowed)).toEqual([])
})
