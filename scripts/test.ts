import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'

/**
 * Runs the tests: `node scripts/test.ts` those that need Node and npm only, `node scripts/test.ts system`
 * those that need a Debian package. The closing lines count them and name what was left out.
 */
const root = resolve(import.meta.dirname, '..')
const isSystem = process.argv[2] === 'system'
const projects = isSystem ? ['system'] : ['workerd', 'node']

const folder = await mkdtemp(join(tmpdir(), 'gatehouse-tests-'))
const report = join(folder, 'report.json')
const chosen = projects.flatMap(project => ['--project', project])
const vitest = spawn(
  process.execPath,
  [
    join(root, 'node_modules/vitest/vitest.mjs'),
    'run',
    ...chosen,
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${report}`,
  ],
  { cwd: root, stdio: 'inherit' },
)
const [code] = await once(vitest, 'close')
const text = await readFile(report, 'utf8').catch(() => '{}')
await rm(folder, { recursive: true })

const { numPassedTests = 0, numFailedTests = 0, numPendingTests = 0 } = JSON.parse(text) as Record<string, number>
const skipped = numPendingTests > 0 ? `, ${numPendingTests} skipped` : ''
process.stdout.write(`\n${numPassedTests} passed, ${numFailedTests} failed${skipped}\n`)
if (!isSystem)
  process.stdout.write(
    'Left out: `npm run test:system` (pages in headless Chromium, limits on Redis; needs the Debian packages chromium and redis-server).\n',
  )
process.exit(code ?? 1)
