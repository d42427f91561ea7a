import { readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { readSigner, signedItems } from '#cli/registry/signer.ts'
import { fleetItem } from '#core/fleet/stored.ts'
import { fleetTrust } from '#core/fleet/trust.ts'
import { approversIn } from '#core/manifest/approvers.ts'
import type { Pointer } from '#core/manifest/entry.ts'
import { entryStatement, signatureFault } from '#core/manifest/signed.ts'
import { ruleDocument } from '../support/fleet.ts'
import { probeManifest } from '../support/node/app.ts'
import { gatehouse, temporaryFolder, write } from '../support/node/gateway.ts'

it('makes a key, signs the entries of a bulk file that are not signed, and signs a changed one anew', async () => {
  await using folder = await temporaryFolder()
  const [out, key, registry] = ['bulk.json', 'anna.jwk', 'registry'].map(name => join(folder.path, name)) as [
    string,
    string,
    string,
  ]
  const made = await gatehouse(['sign', '--make-key', '--key', key, '--name', 'anna', '--algorithm', 'EdDSA'])
  expect((await stat(key)).mode & 0o777).toBe(0o600)
  expect(made.stdout).not.toContain('"d"')
  const approvers = approversIn(made.stdout)
  if (typeof approvers === 'string') throw new Error(approvers)
  expect((await gatehouse(['sign', '--make-key', '--key', key])).code).toBe(2)

  const built = async (url: string) => {
    await write(folder.path, { 'registry/probe.yaml': probeManifest(url) })
    await gatehouse(['build', registry, '--out', out])
    return JSON.parse((await gatehouse(['sign', out, '--key', key, '--json'])).stdout).signed
  }
  expect(await built('https://probe.example.com')).toEqual(['probe'])
  const pointer = await pointerIn(out)
  expect(await signatureFault(pointer.signature, entryStatement('probe', pointer), approvers)).toBeUndefined()
  expect(await built('https://probe.example.com')).toEqual([])
  expect(await pointerIn(out)).toEqual(pointer)
  expect(await built('https://other.example.com')).toEqual(['probe'])
  const next = await pointerIn(out)
  expect(await signatureFault(next.signature, entryStatement('probe', next), approvers)).toBeUndefined()
})

it('signs the fleet rules of a bulk file too, for the environment of its entries; unchanged ones stay signed', async () => {
  await using folder = await temporaryFolder()
  const [out, key] = [join(folder.path, 'bulk.json'), join(folder.path, 'anna.jwk')]
  const approvers = approversIn((await gatehouse(['sign', '--make-key', '--key', key])).stdout)
  if (typeof approvers === 'string') throw new Error(approvers)
  await write(folder.path, {
    'registry/probe.yaml': probeManifest('https://probe.example.com'),
    'registry/fleet/rule.yaml': JSON.stringify(ruleDocument()),
  })
  const signed = async () => {
    await gatehouse(['build', join(folder.path, 'registry'), '--out', out, '--environment', 'staging'])
    return JSON.parse((await gatehouse(['sign', out, '--key', key, '--json'])).stdout).signed
  }
  expect(await signed()).toEqual(['the fleet rules', 'probe'])
  const items = JSON.parse(await readFile(out, 'utf8')) as { key: string; value: string }[]
  const fleet = JSON.parse(items.find(one => one.key === 'fleet')?.value ?? '')
  expect(await fleetTrust({ environment: 'staging', approvers }).fault(fleet, 1)).toBeUndefined()
  expect(await fleetTrust({ environment: 'production', approvers }).fault(fleet, 1)).toContain('something else')
  expect(await signed()).toEqual([])
})

it('signs fleet rules that are written alone, for the environment that is named', async () => {
  await using folder = await temporaryFolder()
  const key = join(folder.path, 'anna.jwk')
  const approvers = approversIn((await gatehouse(['sign', '--make-key', '--key', key])).stdout)
  if (typeof approvers === 'string') throw new Error(approvers)
  const { items } = await signedItems([await fleetItem([ruleDocument()])], await readSigner(key), false, 'staging')
  const fleet = JSON.parse(items[0]?.value ?? '')
  expect(await fleetTrust({ environment: 'staging', approvers }).fault(fleet, 1)).toBeUndefined()
})

it('says of a file that is no private key what it should be, and nothing of what stands in it', async () => {
  await using folder = await temporaryFolder()
  const key = join(folder.path, 'key')
  await writeFile(key, '{"kty":"EC","x":"something-telling"}')
  await write(folder.path, { 'bulk.json': '[]' })
  const { code, stderr } = await gatehouse(['sign', join(folder.path, 'bulk.json'), '--key', key])
  expect({ code, tells: stderr.includes('telling') }).toEqual({ code: 1, tells: false })
  expect(stderr).toContain('no private JWK')
})

async function pointerIn(file: string): Promise<Pointer> {
  const items = JSON.parse(await readFile(file, 'utf8')) as { key: string; value: string }[]
  return JSON.parse(items.find(({ key }) => key === 'apps/probe')?.value ?? '')
}
