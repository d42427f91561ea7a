import { join } from 'node:path'
import { expect, it } from 'vitest'
import { freePort } from '../../scripts/free-port.ts'
import { ruleDocument } from '../support/fleet.ts'
import { probeManifest } from '../support/node/app.ts'
import { gatehouse, startGatehouse, temporaryFolder, write } from '../support/node/gateway.ts'

it('a start signs what it publishes with the key of an approver; without one it leaves out what nobody signed, and says so', async () => {
  await using folder = await temporaryFolder()
  const [key, registry, state] = ['anna.jwk', 'registry', 'state'].map(name => join(folder.path, name)) as [
    string,
    string,
    string,
  ]
  const made = await gatehouse(['sign', '--make-key', '--key', key, '--name', 'anna'])
  const signed = { REQUIRE_SIGNED_ENTRIES: 'true', APPROVERS_JWKS: made.stdout }
  const port = String(await freePort())
  const start = (...more: string[]) =>
    startGatehouse(['--registry', registry, '--state', state, '--port', port, '--no-samples', ...more], signed)
  const probe = (path: string) =>
    write(registry, { 'probe.yaml': probeManifest('https://probe.example.com').replace('path: /in', `path: ${path}`) })
  const inForce = async () => {
    const { stdout } = await gatehouse(['apps', 'show', 'probe', '--url', url(), '--state', state, '--json'])
    const { digest, stage, fault } = JSON.parse(stdout)
    return { digest, stage, fault }
  }
  const url = () => `http://127.0.0.1:${port}`

  await write(registry, { 'fleet/rule.yaml': JSON.stringify(ruleDocument()) })
  await probe('/in')
  const first = await start('--key', key)
  expect(first.output()).not.toContain('REQUIRE_SIGNED_ENTRIES')
  const before = await inForce()
  expect(before).toMatchObject({ digest: expect.stringContaining('sha256:'), stage: 'sandbox' })
  await first.stop()

  await probe('/elsewhere')
  await write(registry, {
    'other.yaml': probeManifest('https://other.example.com').replace('name: probe', 'name: other'),
  })
  const second = await start()
  expect(second.output()).toMatch(
    / {2}other is not signed by an approver\n {2}probe is not signed by an approver\n.*--key .*\n {2}npx gatehouse sign \S+\n?/s,
  )
  expect(second.output()).not.toContain('the fleet rules count')
  expect(await inForce()).toEqual(before)
  expect((await fetch(`${url()}/hooks/other/in`, { method: 'POST' })).headers.get('gatehouse-fault')).toBe(
    'app-unknown',
  )
  await second.stop()
})
