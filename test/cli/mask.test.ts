import { join } from 'node:path'
import { expect, it } from 'vitest'
import { gatehouse, temporaryFolder, write } from '../support/node/gateway.ts'

const document = JSON.stringify({ mail: 'ann@example.com', card: '4111 1111 1111 1111', name: 'Ann' })

const manifest = `apiVersion: gatehouse/v1
kind: MicroApp
metadata: { name: shop }
spec:
  owner: { user: tess, team: tests, contact: "#tests" }
  lifecycle: { stage: sandbox }
  upstreams: [{ name: stable, url: "https://shop.example.com" }]
  webhooks:
    stripe:
      scheme: stripe
      secrets: [current]
      path: /hooks
      masking: { entities: [EMAIL], action: drop }
  api: { routes: [{ path: /v1/orders, methods: [POST], auth: none }] }
  masking: { request: { entities: [CREDIT_CARD], action: mask } }
  egress:
    - { to: "https://model.example.com", masking: { entities: [EMAIL, CREDIT_CARD], action: tokenize, restore: true } }
    - { to: "https://plain.example.com" }
`

it('prints a document masked, or lists what was found with its place', async () => {
  await using folder = await temporaryFolder()
  await write(folder.path, { 'a.json': document })
  const json = join(folder.path, 'a.json')
  const masked = await gatehouse(['mask', json, '--entities', 'EMAIL'])
  expect(JSON.parse(masked.stdout)).toEqual({ ...JSON.parse(document), mail: '[EMAIL]' })
  const { stdout } = await gatehouse(['mask', json, '--explain'])
  expect(stdout).toMatch(/^EMAIL +redact +\/mail 0-15$/m)
  expect(stdout).toMatch(/^CREDIT_CARD +redact +\/card 0-19$/m)
  expect(stdout).not.toContain('ann@')
}, 180_000)

it('shows with a manifest which values would go where', async () => {
  await using folder = await temporaryFolder()
  await write(folder.path, { 'a.json': document, 'shop.yaml': manifest })
  const { stdout } = await gatehouse([
    'mask',
    join(folder.path, 'a.json'),
    '--manifest',
    join(folder.path, 'shop.yaml'),
  ])
  expect(stdout).toMatch(/^egress\[0\]\.masking +https:\/\/model\.example\.com +tokenize +EMAIL +\/mail 0-15$/m)
  expect(stdout).toMatch(/^egress\[1\]\.masking +https:\/\/plain\.example\.com +passes +EMAIL +\/mail 0-15$/m)
  expect(stdout).not.toContain('ann@')
}, 180_000)

it('shows the same for an app of a registry folder, and says which app is not there', async () => {
  await using folder = await temporaryFolder()
  await write(folder.path, { 'a.json': document, 'registry/shop.yaml': manifest })
  const of = (app: string) =>
    gatehouse([
      'mask',
      join(folder.path, 'a.json'),
      '--explain',
      '--app',
      app,
      '--registry',
      join(folder.path, 'registry'),
    ])
  expect((await of('shop')).stdout).toMatch(/^webhooks\.stripe\.masking +stripe +drop +EMAIL +\/mail 0-15$/m)
  const missing = await of('shoe')
  expect([missing.code, missing.stderr]).toEqual([1, expect.stringContaining('has no app shoe')])
}, 180_000)

it('refuses a manifest with all its faults, and a type that is none', async () => {
  await using folder = await temporaryFolder()
  const broken = manifest.replace('sandbox', 'sandbx').replace('restore: true', 'exemptScopes: [a]')
  await write(folder.path, { 'a.txt': 'x', 'shop.yaml': broken })
  const file = join(folder.path, 'a.txt')
  const refused = await gatehouse(['mask', file, '--manifest', join(folder.path, 'shop.yaml'), '--json'])
  expect([refused.code, JSON.parse(refused.stdout).faults.length]).toEqual([1, 2])
  expect((await gatehouse(['mask', file, '--entities', 'EMAILS'])).code).toBe(2)
}, 180_000)
