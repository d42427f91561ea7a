import { spawnSync } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { faultRow } from '#core/fault.ts'
import { freePort } from '../../scripts/free-port.ts'
import { probeManifest, probeSecrets } from '../support/node/app.ts'
import { type Started, startGatehouse, temporaryFolder, write } from '../support/node/gateway.ts'

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let gateway: Started

beforeAll(async () => {
  folder = await temporaryFolder()
  await write(folder.path, {
    'registry/probe.yaml': probeManifest('https://probe.example.com'),
    'secrets.env': probeSecrets,
  })
  const paths = ['registry', 'secrets', 'state'].flatMap(name => [
    `--${name}`,
    join(folder.path, name === 'secrets' ? 'secrets.env' : name),
  ])
  gateway = await startGatehouse(['--port', String(await freePort()), ...paths, '--no-samples'])
})

afterAll(async () => {
  await gateway.stop()
  await folder[Symbol.asyncDispose]()
})

/** The page as a browser has it after parsing. */
function inChromium(url: string): string {
  const options = [
    '--headless',
    '--no-sandbox',
    '--disable-gpu',
    '--disable-quic',
    '--no-first-run',
    '--disable-background-networking',
    '--disable-component-update',
    '--disable-sync',
  ]
  const { stdout, error } = spawnSync(
    'chromium',
    [...options, `--user-data-dir=${join(folder.path, 'chromium')}`, '--dump-dom', url],
    { encoding: 'utf8' },
  )
  if (error) throw new Error(`chromium does not start (${error.message}); install the Debian package chromium`)
  return stdout
}

it('shows a fault as a page with its title, its code and what to do', () => {
  const { title, remediation } = faultRow('signature-mismatch')
  const dom = inChromium(`${gateway.url}/faults/signature-mismatch`)
  expect(dom).toContain(`<h1>${title}</h1>`)
  expect(dom).toContain('<code>signature-mismatch</code>')
  expect(dom).toContain(remediation)
})
