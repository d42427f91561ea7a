import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { dump, load } from 'js-yaml'
import { describe, expect, it } from 'vitest'
import { root } from '#cli/machine/paths.ts'
import { ruleDocument } from '../support/fleet.ts'
import { probeManifest } from '../support/node/app.ts'
import { temporaryFolder, write } from '../support/node/gateway.ts'

interface Step {
  readonly name?: string
  readonly uses?: string
  readonly run?: string
}
interface Workflow {
  readonly on: Readonly<Record<string, unknown>>
  readonly permissions: Readonly<Record<string, string>>
  readonly jobs: Readonly<Record<string, { readonly 'runs-on': string; readonly steps: readonly Step[] }>>
}

const workflow = load(readFileSync(join(root, 'examples/github-actions/registry.yml'), 'utf8')) as Workflow
const steps = workflow.jobs.rules?.steps ?? []
const good = probeManifest('https://probe.example.com')
const bad = good.replace(/contact: \S+?( ?[,}\n])/, 'contact: nobody$1').replace('name: probe', 'name: second')

/** Runs every step as GitHub does, but for the installing, until one fails. */
function ranIn(folder: string): { readonly failed?: string; readonly said: string } {
  const cli = `${process.execPath} ${join(root, 'src/cli/main.ts')}`
  let said = ''
  for (const { name, run } of steps) {
    if (!run || run === 'npm ci') continue
    const script = run.replaceAll('npx gatehouse', cli)
    const env = { ...process.env, RUNNER_TEMP: folder }
    const { status, stdout, stderr } = spawnSync('bash', ['-e', '-c', script], { cwd: folder, env, encoding: 'utf8' })
    said += stdout + stderr
    if (status !== 0) return { failed: name ?? '', said }
  }
  return { said }
}

describe('the example for GitHub Actions', () => {
  it('runs for pull requests, may only read, and names what each step is for', () => {
    expect(Object.keys(workflow.on)).toContain('pull_request')
    expect(workflow.permissions).toEqual({ contents: 'read' })
    for (const step of steps) expect(step.uses ? /@v\d+$/.test(step.uses) : step.name && step.run).toBeTruthy()
  })

  it('lets pass a registry whose manifests meet its rules, and no other, with the remedy', async () => {
    await using folder = await temporaryFolder()
    const rule = dump(ruleDocument())
    await write(folder.path, { 'registry/probe.yaml': good, 'registry/fleet/rule.yaml': rule })
    expect(ranIn(folder.path)).toEqual({ said: expect.stringMatching(/2 tests pass[\s\S]*passes the one rule/) })
    await write(folder.path, { 'registry/second.yaml': bad })
    expect(ranIn(folder.path)).toEqual({
      failed: 'Each manifest meets them',
      said: expect.stringMatching(/second\.yaml:\d+ .*names nobody \(org rule contact-named\)\. Name somebody\./),
    })
    await write(folder.path, { 'registry/fleet/rule.yaml': rule.replace('expect: deny', 'expect: allow') })
    expect(ranIn(folder.path)).toMatchObject({ failed: 'The fleet rules pass their own tests' })
  })
})
