import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { setPriority, tmpdir } from 'node:os'
import { join, relative, resolve } from 'node:path'

/**
 * Runs the tests: `node scripts/test.ts` those that need Node and npm only, `node scripts/test.ts system`
 * those that need a Debian package. The closing lines count them, name those that failed, and say what was left out.
 */
const root = resolve(import.meta.dirname, '..')
const isSystem = process.argv[2] === 'system'

/** Projects that run at once. Journeys wait more than they work, so they take what time the others leave. */
const projects: readonly { readonly name: string; readonly niceness: number }[] = isSystem
  ? [{ name: 'system', niceness: 0 }]
  : [
      { name: 'workerd', niceness: 0 },
      { name: 'node', niceness: 5 },
    ]

/** What is used of Vitest's JSON report. */
interface Report {
  readonly numPassedTests: number
  readonly numFailedTests: number
  readonly numPendingTests: number
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}

const folder = await mkdtemp(join(tmpdir(), 'gatehouse-tests-'))
const runs = await Promise.all(projects.map(({ name, niceness }) => run(name, niceness)))
await rm(folder, { recursive: true })

const reports = runs.flatMap(({ report }) => report ?? [])
const sum = (of: (report: Report) => number) => reports.reduce((total, report) => total + of(report), 0)
const failed = reports
  .flatMap(({ testResults }) => testResults)
  .filter(({ status }) => status === 'failed')
  .flatMap(({ name, assertionResults }) => {
    const tests = assertionResults.filter(({ status }) => status === 'failed').map(({ fullName }) => fullName)
    // a file that cannot be loaded has none
    return (tests.length > 0 ? tests : ['the file itself']).map(test => `failed: ${relative(root, name)}: ${test}\n`)
  })
const skipped = sum(({ numPendingTests }) => numPendingTests)
const counts = [
  `${sum(({ numPassedTests }) => numPassedTests)} passed`,
  `${sum(({ numFailedTests }) => numFailedTests)} failed`,
  ...(skipped > 0 ? [`${skipped} skipped`] : []),
]
process.stdout.write(`\n${failed.join('')}${counts.join(', ')}\n`)
if (!isSystem)
  process.stdout.write(
    'Left out: `npm run test:system` (pages in headless Chromium, limits on Redis; needs the Debian packages chromium and redis-server).\n',
  )
process.exit(runs.find(({ code }) => code !== 0)?.code ?? 0)

/** Runs one project to its end, and prints what it says; two of them say it in turns, a line or more at a time. */
async function run(project: string, niceness: number): Promise<{ code: number; report: Report | undefined }> {
  const report = join(folder, `${project}.json`)
  const vitest = spawn(
    process.execPath,
    [
      join(root, 'node_modules/vitest/vitest.mjs'),
      'run',
      `--project=${project}`,
      '--reporter=default',
      '--reporter=json',
      `--outputFile.json=${report}`,
    ],
    {
      cwd: root,
      stdio: ['inherit', 'pipe', 'pipe'],
      env: { ...process.env, ...(process.stdout.isTTY && { FORCE_COLOR: '1' }) },
    },
  )
  if (vitest.pid && niceness > 0) setPriority(vitest.pid, niceness)
  vitest.stdout.pipe(process.stdout, { end: false })
  vitest.stderr.pipe(process.stderr, { end: false })
  const [code] = (await once(vitest, 'close')) as [number | null]
  const text = await readFile(report, 'utf8').catch(() => undefined)
  return { code: code ?? 1, report: text === undefined ? undefined : (JSON.parse(text) as Report) }
}
