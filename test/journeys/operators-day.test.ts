import { createHmac, randomUUID } from 'node:crypto'
import { readdir, readFile, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { root } from '#cli/machine/paths.ts'
import { type Sample, startSampleProvider } from '#cli/machine/samples.ts'
import { freePort } from '../../scripts/free-port.ts'
import { startApp } from '../support/node/app.ts'
import { browse } from '../support/node/browser.ts'
import {
  gatehouse,
  type Ran,
  type Started,
  shell,
  startGatehouse,
  temporaryFolder,
  until,
  write,
} from '../support/node/gateway.ts'

/** A day with the gateway, by the command line and HTTP alone: each step goes on where the one before it ended. */
const password = 'of the sample provider'
const because = (reason: string) => ['--reason', reason]

let folder: Awaited<ReturnType<typeof temporaryFolder>>
let app: Awaited<ReturnType<typeof startApp>>
let provider: Sample
let gateway: Started
let registry: string
/** The private key of paul, the approver. */
let key: string

const manifest = (contact: string, more = '') => `apiVersion: gatehouse/v1
kind: MicroApp
metadata: { name: lunch }
spec:
  owner: { user: anna, team: food, contact: "${contact}" }
  lifecycle: { stage: sandbox }
  upstreams: [{ name: stable, url: "${app.url}" }]
  webhooks:
    menu: { scheme: github, secrets: [vendor], path: /menu }
${more}`

beforeAll(async () => {
  folder = await temporaryFolder()
  app = await startApp()
  const providerPort = await freePort()
  key = join(folder.path, 'paul.jwk')
  const made = await gatehouse(['sign', '--make-key', '--key', key, '--name', 'paul'])
  registry = join(folder.path, 'registry')
  const rule = await readFile(join(root, 'policies/fleet/owner-reachable.yaml'), 'utf8')
  await write(folder.path, {
    'registry/maps.yaml': manifest('#maps').replace('name: lunch', 'name: maps').replace('team: food', 'team: maps'),
    'git/lunch.yaml': manifest('anna'),
    'rules/owner-reachable.yaml': rule,
  })
  provider = await startSampleProvider(password, providerPort)
  const place = ['--registry', registry, '--state', join(folder.path, 'state'), '--port', String(await freePort())]
  gateway = await startGatehouse([...place, '--no-samples'], {
    ADMIN_ISSUER: `http://127.0.0.1:${providerPort}`,
    ADMIN_AUDIENCE: 'gatehouse:admin',
    REQUIRE_SIGNED_ENTRIES: 'true',
    APPROVERS_JWKS: made.stdout,
  })
}, 360_000)

afterAll(async () => {
  await gateway?.stop()
  provider?.stop()
  app?.close()
  await folder?.[Symbol.asyncDispose]()
})

/** The home of somebody, in which their sign-in is kept; there is no operator token of this machine in it. */
const homeOf = (name: string) => ({ XDG_CONFIG_HOME: join(folder.path, name), GATEHOUSE_TOKEN: '' })
const at = () => ['--url', gateway.url]
const nowhere = () => ['--state', join(folder.path, 'nowhere')]
/** A command of somebody's against the gateway, as JSON. */
const by = (name: string, ...args: string[]): Promise<Ran> =>
  gatehouse([...args, ...at(), ...nowhere(), '--json'], homeOf(name))
const jsonBy = async (name: string, ...args: string[]) => {
  const { code, stdout, stderr } = await by(name, ...args)
  expect(code, `${stdout}${stderr}`).toBe(0)
  return JSON.parse(stdout)
}

/** Somebody signs in: the command line waits, while they do in a browser what it says. */
function signIn(name: string, ...passwords: readonly string[]): Promise<Ran> {
  const { promise: stuck, reject } = Promise.withResolvers<never>()
  let isDone = false
  const ran = gatehouse(['login', ...at(), '--json'], homeOf(name), said => {
    const url = /or open (\S+)\n/.exec(said)?.[1]
    if (!url || isDone) return
    isDone = true
    const seen = browse(url, { login: name, password: passwords })
    void seen.then(({ status, page }) => status !== 200 && reject(new Error(`${status}: ${page}`)), reject)
  })
  return Promise.race([ran, stuck])
}

const loginFile = async (name: string) => {
  const logins = join(folder.path, name, 'gatehouse/logins')
  return join(logins, (await readdir(logins))[0] ?? '')
}

/** An HTTP call of the admin API with the token of somebody's sign-in. */
async function http(name: string, method: string, path: string, body?: string): Promise<Response> {
  const { accessToken } = JSON.parse(await readFile(await loginFile(name), 'utf8'))
  const headers = { authorization: `Bearer ${accessToken}`, 'gatehouse-reason': 'the day goes on' }
  return fetch(`${gateway.url}/admin/v1/${path}`, { method, headers, ...(body !== undefined && { body }) })
}

/** Git goes to the gateway, through its admin API. */
const push = () => by('olga', 'push', join(folder.path, 'git'), '--environment', 'local', '--yes')

/** The approver puts in force, and signs, what waits. */
const approved = () => jsonBy('paul', 'apps', 'approve', 'lunch', '--key', key, ...because('seen'))

/** What the vendor gets for a webhook signed with a secret. */
async function pushed(secret: string): Promise<number> {
  const body = JSON.stringify({ menu: randomUUID() })
  const signature = createHmac('sha256', secret).update(body).digest('hex')
  const headers = {
    'content-type': 'application/json',
    'x-github-delivery': randomUUID(),
    'x-hub-signature-256': `sha256=${signature}`,
  }
  return (await fetch(`${gateway.url}/hooks/lunch/menu`, { method: 'POST', headers, body })).status
}

describe("an operator's day", () => {
  it('begins with signing in, which a wrong password is not enough for', async () => {
    const signedIn = await signIn('olga', 'a guess', password)
    expect(signedIn, signedIn.stderr).toMatchObject({ code: 0 })
    expect(JSON.parse(signedIn.stdout)).toMatchObject({ gateway: gateway.url, subject: 'olga', roles: ['operator'] })
    expect(signedIn.stderr).toMatch(/Open http:\S+\/device and enter the code [A-Z]{4}-[A-Z]{4}\n/)
    expect((await stat(await loginFile('olga'))).mode & 0o777).toBe(0o600)
    expect(await jsonBy('olga', 'whoami')).toEqual({ subject: 'olga', roles: ['operator'], teams: [], by: 'login' })
  })

  it('an entry that nobody signed is not published at the start, and followed by nobody when wrangler brings it', async () => {
    expect(gateway.output()).toContain('  maps is not signed by an approver\n')
    expect(await jsonBy('olga', 'apps', 'list')).toEqual([])
    const line = gateway.output().match(/npx wrangler kv bulk put .*registry\.bulk\.json .*/)?.[0] ?? ''
    expect(await shell(line)).toMatchObject({ code: 0 })
    const found = await until('it is there', async () => {
      const apps = await jsonBy('olga', 'apps', 'list')
      return apps.length > 0 && apps
    })
    expect(found).toEqual([{ app: 'maps', fault: 'entry-invalid' }])
  })

  it('a fleet rule is put in force, once an approver has signed it for this gateway', async () => {
    await write(registry, {
      'fleet/owner-reachable.yaml': await readFile(join(folder.path, 'rules/owner-reachable.yaml'), 'utf8'),
    })
    const push = (...more: string[]) => by('olga', 'push', registry, '--environment', 'local', '--yes', ...more)
    const unsigned = await push()
    expect(unsigned.code).toBe(1)
    expect(JSON.parse(unsigned.stdout).faults).toMatchObject([
      { path: 'signature', reason: expect.stringContaining('is not signed by an approver') },
    ])
    expect(await signIn('paul', password)).toMatchObject({ code: 0 })
    const { environment, sequence, signature } = await jsonBy('paul', 'sign', '--fleet', registry, '--key', key)
    expect({ environment, sequence }).toEqual({ environment: 'local', sequence: 1 })
    const signed = await push('--fleet-signature', signature)
    expect(signed.code, signed.stdout).toBe(0)
    expect(JSON.parse(signed.stdout)).toMatchObject({ fleet: 'changed', apps: [{ app: 'maps' }] })
    expect(await (await http('olga', 'GET', 'fleet')).json()).toMatchObject({ documents: [{}], nextSequence: 2 })
  })

  it('a manifest that a fleet rule denies is refused with a remedy, before and at the gateway', async () => {
    const files = [join(folder.path, 'git/lunch.yaml'), '--fleet', join(folder.path, 'rules')]
    const checked = await gatehouse(['policy', 'check', ...files, '--environment', 'local', '--json'])
    expect(checked.code).toBe(1)
    const fault = { path: 'spec.owner.contact', rule: 'owner-reachable', remedy: expect.stringContaining('channel') }
    expect(JSON.parse(checked.stdout).faults).toMatchObject([fault])
    const refused = await push()
    expect(refused.code).toBe(1)
    expect(JSON.parse(refused.stdout)).toMatchObject({ apps: [{ app: 'lunch', change: 'refused', faults: [fault] }] })
  })

  it('mended it waits for an approver, who is not the one who published it, and is signed with their key', async () => {
    await write(folder.path, { 'git/lunch.yaml': manifest('#food') })
    const waits = JSON.parse((await push()).stdout)
    expect(waits).toMatchObject({ apps: [{ app: 'lunch', change: 'waits', pending: { publishedBy: 'olga' } }] })
    const own = await by('olga', 'apps', 'approve', 'lunch', '--key', key, ...because('mine'))
    expect(JSON.parse(own.stdout).error).toMatch(/^role-missing: /)
    expect(await approved()).toMatchObject({ app: 'lunch', change: 'new', sequence: 1, lacking: [] })
    await until('in force', async () => (await pushed('no secret is there yet')) === 503, 6_000)
  })

  it('an author signs in too, sees the app of their team, and stops nothing', async () => {
    expect(await signIn('anna', password)).toMatchObject({ code: 0 })
    const apps: { app: string }[] = await jsonBy('anna', 'apps', 'list')
    expect(apps.map(one => one.app)).toEqual(['lunch'])
    const refused = await by('anna', 'apps', 'kill', 'lunch', ...because('I can'))
    expect(refused.code).toBe(1)
    expect(JSON.parse(refused.stdout).error).toMatch(/^role-missing: /)
    const asked = await by('anna', 'egress', 'check', 'lunch', 'https://elsewhere.example.com/')
    expect(JSON.parse(asked.stdout)).toMatchObject({ decision: 'deny', fault: 'egress-denied' })
    const told = await jsonBy('anna', 'explain', 'lunch', 'menu', '--door', 'hooks', '--body', '{}')
    expect(told).toMatchObject({ app: 'lunch', door: 'hooks', decision: 'allow' })
  })

  it('a secret is sealed, and after a rotation the old one opens nothing within 5 s', async () => {
    const cli = `XDG_CONFIG_HOME=${join(folder.path, 'olga')} ${process.execPath} ${join(root, 'src/cli/main.ts')}`
    const seal = async (value: string) => {
      const line = `printf %s ${value} | ${cli} secret put lunch vendor ${at().join(' ')} --reason rotation`
      expect(await shell(line)).toMatchObject({ code: 0 })
    }
    await seal('first-of-the-vendor')
    await until('the first secret counts', async () => (await pushed('first-of-the-vendor')) === 202, 6_000)
    await seal('second-of-the-vendor')
    await until('the second secret counts', async () => (await pushed('second-of-the-vendor')) === 202, 6_000)
    expect(await pushed('first-of-the-vendor')).toBe(401)
    await until('delivered', async () => app.seen.length >= 2)
  })

  it('an app is killed, and revived, within 5 s each', async () => {
    const killed = await jsonBy('olga', 'apps', 'kill', 'lunch', ...because('it sends too much'))
    expect(killed).toMatchObject({ killed: true, switchedBy: 'olga', lacking: [] })
    await until('killed', async () => (await pushed('second-of-the-vendor')) === 503, 6_000)
    await jsonBy('olga', 'apps', 'revive', 'lunch', ...because('mended'))
    await until('revived', async () => (await pushed('second-of-the-vendor')) === 202, 6_000)
  })

  it('another manifest is in force within 5 s of its approval, and the earlier one again within 5 s of a rollback', async () => {
    const capped = manifest('#food', '  limits: { bodyBytes: 20 }\n')
    expect((await http('olga', 'PUT', 'apps/lunch', capped)).status).toBe(202)
    await approved()
    await until('the cap is in force', async () => (await pushed('second-of-the-vendor')) === 413, 6_000)
    const { items } = await (await http('olga', 'GET', 'apps/lunch/revisions')).json()
    const earlier = items.find((one: { inForce: boolean }) => !one.inForce)
    await jsonBy('olga', 'apps', 'rollback', 'lunch', '--digest', earlier.digest, ...because('too small'))
    expect(await approved()).toMatchObject({ digest: earlier.digest, sequence: 3 })
    await until('the cap is gone', async () => (await pushed('second-of-the-vendor')) === 202, 6_000)
  })

  it('a schema is watched in shadow mode, reported, and promoted: from then on it binds', async () => {
    const watched = `    menu: { scheme: github, secrets: [vendor], path: /menu, schema: { required: [dish] } }
  policies: { schema: { mode: shadow } }
`
    const file = join(folder.path, 'git/lunch.yaml')
    await write(folder.path, { 'git/lunch.yaml': manifest('#food').replace(/ {4}menu: .*\n/, watched) })
    await push()
    await approved()
    // nothing tells from outside when it is in force, but that what does not fit is reported
    const found = async () => {
      expect(await pushed('second-of-the-vendor')).toBe(202)
      const items = await jsonBy('anna', 'shadow', 'report', 'lunch')
      return items[0]?.found[0]
    }
    const reported = await until('reported', found, 30_000)
    expect(reported).toMatchObject({ door: 'hooks', verdict: 'would-deny', fault: 'schema-mismatch' })
    const place = ['--registry', join(folder.path, 'git'), '--environment', 'local']
    await jsonBy('anna', 'shadow', 'promote', 'lunch', 'schema', ...place)
    expect(await readFile(file, 'utf8')).toContain('mode: enforce')
    await push()
    await approved()
    await until('it binds', async () => (await pushed('second-of-the-vendor')) === 422, 6_000)
  })

  it('what was done stands in the record, by whom and why, and the record is whole', async () => {
    const { items } = await (await http('olga', 'GET', 'audit?app=lunch')).json()
    const done = items.map((one: { type: string; data: { actor: string } }) => `${one.type} ${one.data.actor}`)
    expect(done.reverse().filter((one: string) => / (olga|paul)$/.test(one))).toEqual([
      'policy.broken olga',
      ...['app.proposed olga', 'app.approval.granted paul', 'app.published olga'],
      ...['secret.sealed olga', 'secret.sealed olga', 'switch.killed olga', 'switch.revived olga'],
      ...['app.proposed olga', 'app.approval.granted paul', 'app.published olga'],
      ...['app.proposed olga', 'app.approval.granted paul', 'app.rolled_back olga'],
      ...['app.proposed olga', 'app.approval.granted paul', 'app.published olga'],
      ...['app.proposed olga', 'app.approval.granted paul', 'app.published olga'],
    ])
    expect(await jsonBy('olga', 'audit', 'verify', '--app', 'lunch')).toMatchObject({ ok: true })
  })

  it('ends with signing out, after which nothing is left to call the gateway with', async () => {
    const file = await loginFile('olga')
    expect(JSON.parse((await gatehouse(['logout', ...at(), '--json'], homeOf('olga'))).stdout)).toEqual({
      gateway: gateway.url,
      wasSignedIn: true,
      revoked: true,
    })
    await expect(stat(file)).rejects.toThrow('ENOENT')
    const refused = await by('olga', 'whoami')
    expect(refused.code).toBe(2)
    expect(JSON.parse(refused.stdout).error).toContain(`gatehouse login --url ${gateway.url}`)
  })
})
