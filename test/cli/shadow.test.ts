import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { promoted } from '#cli/registry/promotion.ts'
import { gatehouse, temporaryFolder, write } from '../support/node/gateway.ts'

const manifest = `# the shop of the food team
apiVersion: gatehouse/v1
kind: MicroApp
metadata: { name: shop }
spec:
  policies:
    schema: { mode: shadow } # until the vendor has mended theirs
    # quotas are watched since May
    quota:
      mode: "shadow"   # was: off
    concurrency: { mode: off }
  owner: { user: beckayu, team:   food, contact: "#food" }
  lifecycle: { stage: sandbox }
  upstreams: [{ name: stable, url: "https://shop.example.com" }]
  webhooks:
    stripe: { scheme: stripe, secrets: [ current ], path: /in }
  egress:
    - { to: "https://maps.example.com" }
    - to: "https://pay.example.com"   # new
      mode: shadow
`

describe('promoting', () => {
  it('changes the words alone that say shadow: comments, order and spelling stay', () => {
    const { text, changes } = promoted(manifest)
    const expected = manifest
      .replace('schema: { mode: shadow }', 'schema: { mode: enforce }')
      .replace('mode: "shadow"', 'mode: enforce')
      .replace('      mode: shadow\n', '      mode: enforce\n')
    expect(text).toBe(expected)
    expect(changes.map(({ setting, line }) => [setting, line])).toEqual([
      ['spec.policies.schema.mode', 7],
      ['spec.policies.quota.mode', 10],
      ['spec.egress[1].mode', 20],
    ])
    expect(promoted(text).changes).toEqual([])
  })

  it('changes one setting alone where one is named, and none that an alias writes', () => {
    expect(promoted(manifest, ['spec.egress[1].mode']).changes.map(({ after }) => after)).toEqual([
      '      mode: enforce',
    ])
    const aliased = manifest
      .replace('schema: { mode: shadow }', 'schema: { mode: &m shadow }')
      .replace('"shadow"', '*m')
    expect(() => promoted(aliased)).toThrow('alias')
  })

  it('shows the change, writes it into the folder of Git, and says what push does', async () => {
    await using folder = await temporaryFolder()
    await write(folder.path, { 'registry/shop.yaml': manifest })
    const file = join(folder.path, 'registry/shop.yaml')
    const run = (...more: string[]) =>
      gatehouse([
        'shadow',
        'promote',
        'shop',
        ...more,
        '--registry',
        join(folder.path, 'registry'),
        '--url',
        'http://127.0.0.1:9',
        '--state',
        folder.path,
      ])
    const dry = await run('schema', '--dry-run')
    expect(dry).toMatchObject({ code: 0 })
    expect(dry.stdout).toContain('-     schema: { mode: shadow } # until the vendor has mended theirs')
    expect(dry.stdout).toContain('+     schema: { mode: enforce } # until the vendor has mended theirs')
    expect(await readFile(file, 'utf8')).toBe(manifest)
    expect(await run('rollout')).toMatchObject({ code: 1, stderr: expect.stringContaining('is in shadow mode') })
    const all = await run('--json')
    expect(JSON.parse(all.stdout)).toMatchObject({ written: true, changes: [{}, {}, {}] })
    expect(await readFile(file, 'utf8')).toBe(promoted(manifest).text)
  })
})
