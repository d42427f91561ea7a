import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Schema, Validator } from '@cfworker/json-schema'
import { dump, load } from 'js-yaml'
import { expect, it } from 'vitest'
import { root } from '#cli/machine/paths.ts'
import { readFleet } from '#cli/registry/fleet.ts'
import { policyData, ruleDocument } from '../support/fleet.ts'
import { probeManifest } from '../support/node/app.ts'
import { gatehouse, temporaryFolder, write } from '../support/node/gateway.ts'

const good = probeManifest('https://probe.example.com')
const nobody = good.replace(/contact: \S+?( ?[,}\n])/, 'contact: nobody$1')
const rule = dump(ruleDocument())
const pack = join(root, 'policies/fleet')

it('finds that every rule of the shipped pack passes its own tests', async () => {
  const { code, stdout } = await gatehouse(['policy', 'test', pack, '--json'])
  expect(code).toBe(0)
  const { rules } = JSON.parse(stdout) as { rules: { rule: string; tests: number }[] }
  expect(rules.map(one => one.rule)).toEqual([
    'api-guarded',
    'model-calls',
    'narrow-egress',
    'no-secrets',
    'owner-reachable',
    'personal-data',
    'production-labels',
    'production-region',
    'public-stores',
    'risk-egress',
    'risk-release',
    'ttl-cap',
  ])
})

it('refuses rules that fail their tests, read what is not there, or share a name, each with file and line', async () => {
  await using folder = await temporaryFolder()
  await write(folder.path, {
    'bad/failing.yaml': rule.replace('expect: deny', 'expect: allow'),
    'bad/typo.yaml': rule.replace('name: contact-named', 'name: typo').replace('owner.contact !=', 'owner.contac !='),
    'twice/a.yaml': rule,
    'twice/b.yaml': rule,
  })
  const refused = (name: string) => readFleet(join(folder.path, name)).catch(error => error)
  const place = (name: string) => join(folder.path, name)
  expect(await refused('bad')).toMatchObject({
    exitCode: 1,
    problems: [
      { file: place('bad/failing.yaml'), line: expect.any(Number), path: 'spec.tests[1]' },
      { file: place('bad/typo.yaml'), line: expect.any(Number), remedy: 'Did you mean `contact`?' },
    ],
  })
  expect(await refused('twice')).toMatchObject({ problems: [{ file: place('twice/b.yaml'), path: 'metadata.name' }] })
  expect(await refused('nowhere')).toBeUndefined()
})

it('refuses a manifest that a rule denies, in `check` and `build`, with line, rule and remedy', async () => {
  await using folder = await temporaryFolder()
  const out = join(folder.path, 'bulk.json')
  await write(folder.path, { 'registry/probe.yaml': nobody, 'registry/fleet/rule.yaml': rule })
  const file = join(folder.path, 'registry/probe.yaml')
  for (const args of [
    ['policy', 'check', file],
    ['build', join(folder.path, 'registry'), '--out', out],
  ]) {
    const { code, stdout } = await gatehouse([...args, '--json'])
    expect(code).toBe(1)
    expect(JSON.parse(stdout).faults).toEqual([
      {
        file,
        line: expect.any(Number),
        path: 'spec.owner.contact',
        reason: 'names nobody',
        remedy: 'Name somebody.',
        rule: 'contact-named',
        layer: 'org',
      },
    ])
  }
  await expect(readFile(out)).rejects.toThrow()
})

it('writes the rules before the pointers, and passes with a warning what they only warn of', async () => {
  await using folder = await temporaryFolder()
  const out = join(folder.path, 'bulk.json')
  await write(folder.path, {
    'registry/probe.yaml': nobody,
    'registry/fleet/rule.yaml': rule.replace('action: Deny', 'action: Warn'),
  })
  const { code, stderr } = await gatehouse(['build', join(folder.path, 'registry'), '--out', out])
  expect({ code, stderr }).toEqual({ code: 0, stderr: expect.stringMatching(/^warning .*\(org rule contact-named\)/) })
  const items = JSON.parse(await readFile(out, 'utf8')) as { key: string; value: string }[]
  expect(items.map(({ key }) => key.split('/')[0])).toEqual(['revisions', 'fleet', 'apps'])
  expect(JSON.parse(items[1]?.value ?? '')).toMatchObject({ schemaVersion: 1, rules: [{ kind: 'Policy' }] })
})

it('prints a JSON Schema that takes what the gateway takes and marks a typing error, of manifests and of rules', async () => {
  const printed = async (...more: string[]) => JSON.parse((await gatehouse(['policy', 'schema', ...more])).stdout)
  const judged = (schema: Schema, document: unknown) => new Validator(schema, '2020-12').validate(document).valid
  const manifest = load(good) as { readonly spec: object }
  const ofManifests = await printed()
  expect(judged(ofManifests, manifest)).toBe(true)
  expect(judged(ofManifests, { ...manifest, spec: { ...manifest.spec, lifecyle: {} } })).toBe(false)
  const ofRules = await printed('--rules')
  expect(judged(ofRules, ruleDocument())).toBe(true)
  expect(judged(ofRules, policyData({ hosts: [] }))).toBe(true)
  expect(judged(ofRules, ruleDocument({ action: 'Refuse' }))).toBe(false)
})

it('judges a pushed folder without rules of its own by those in force', async () => {
  await using folder = await temporaryFolder()
  await write(folder.path, { 'both/probe.yaml': good, 'both/fleet/rule.yaml': rule, 'alone/probe.yaml': nobody })
  const push = (name: string) =>
    gatehouse(['push', join(folder.path, name), '--local', '--state', join(folder.path, 'state'), '--json'])
  const first = await push('both')
  expect(JSON.parse(first.stdout)).toMatchObject({ written: true, fleet: 'changed' })
  const second = await push('alone')
  expect(second.code).toBe(1)
  expect(JSON.parse(second.stdout).faults).toMatchObject([{ rule: 'contact-named', path: 'spec.owner.contact' }])
}, 360_000)
