import { once } from 'node:events'
import { mkdir, readFile, stat, utimes, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { decodeJwt } from 'jose'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { tokenFor } from '#cli/client/token.ts'
import { type Prompt, signIn, type Tokens } from '#cli/login/device.ts'
import { type IssuerMetadata, metadataOf } from '#cli/login/issuer.ts'
import { alone, keepLogin, type Login, loginFile, storedLogin } from '#cli/login/stored.ts'
import { loginOf, loginToken } from '#cli/login/token.ts'
import { temporaryFolder } from '../support/node/gateway.ts'
import { startProvider } from '../support/node/provider.ts'

const wish = { clientId: 'gatehouse-cli', scope: 'openid offline_access', audience: 'gatehouse:admin' }
const people = { olga: { roles: ['operator'] }, anna: { roles: ['author'], teams: ['food'] } }
const gateway = 'https://admin.example.com'

let provider: Awaited<ReturnType<typeof startProvider>>
let metadata: IssuerMetadata
let folder: Awaited<ReturnType<typeof temporaryFolder>>
beforeAll(async () => {
  provider = await startProvider('jwt', {
    clients: [{ id: 'gatehouse-cli' }],
    audiences: { 'gatehouse:admin': '' },
    people,
  })
  metadata = await metadataOf(provider.issuer)
})
afterAll(() => provider.stop())

let home: string | undefined
beforeEach(async () => {
  folder = await temporaryFolder()
  home = process.env.XDG_CONFIG_HOME
  process.env.XDG_CONFIG_HOME = folder.path
})
afterEach(async () => {
  if (home === undefined) delete process.env.XDG_CONFIG_HOME
  else process.env.XDG_CONFIG_HOME = home
  await folder[Symbol.asyncDispose]()
})

/** Signs in while somebody does in a browser what the prompt asks for, before the first question. */
async function signedIn(login = 'anna', more: Readonly<Record<string, string>> = {}, at = metadata): Promise<Tokens> {
  let prompt: Prompt | undefined
  let isDone = false
  return signIn(
    at,
    wish,
    shown => {
      prompt = shown
    },
    async () => {
      if (!isDone) await provider.approve(prompt?.completeUrl ?? '', login, more)
      isDone = true
    },
  )
}

describe('the device flow with a real provider', () => {
  it('gives a token for the gateway alone, with the roles and teams of whoever signed in', async () => {
    const tokens = await signedIn()
    expect(decodeJwt(tokens.access_token)).toMatchObject({
      iss: provider.issuer,
      aud: 'gatehouse:admin',
      sub: 'anna',
      roles: ['author'],
      teams: ['food'],
    })
    expect(tokens.refresh_token).toEqual(expect.any(String))
  })

  it('shows an address, a code to type, and for how long', async () => {
    let prompt: Prompt | undefined
    const given = signIn(metadata, wish, shown => {
      prompt = shown
      throw new Error('shown')
    })
    await expect(given).rejects.toThrow('shown')
    expect(prompt).toMatchObject({ url: `${provider.issuer}/device`, waitSeconds: 600 })
    expect(prompt?.code).toMatch(/^[A-Z]{4}-[A-Z]{4}$/)
    expect(prompt?.completeUrl).toBe(`${provider.issuer}/device?user_code=${prompt?.code}`)
  })

  it('ends when it is refused in the browser', async () => {
    await expect(signedIn('anna', { abort: 'yes' })).rejects.toThrow('refused in the browser')
  })

  it('ends when nobody has entered the code in its time', async () => {
    const short = await startProvider('jwt', {
      clients: [{ id: 'gatehouse-cli' }],
      audiences: { 'gatehouse:admin': '' },
      deviceCodeSeconds: 1,
    })
    const late = () => new Promise(resolve => setTimeout(resolve, 1_100))
    const waiting = signIn(await metadataOf(short.issuer), wish, () => {}, late)
    await expect(waiting).rejects.toThrow('expired before anybody entered it')
    await short.stop()
  })

  it('says what the provider says of a client it does not know, or an audience it gives no tokens for', async () => {
    for (const wrong of [{ clientId: 'nobody' }, { audience: 'urn:another' }])
      await expect(signIn(metadata, { ...wish, ...wrong }, () => {})).rejects.toThrow(
        /does not let \w[\w-]* sign anybody in: invalid_/,
      )
  })
})

describe('the device flow with a provider that is slow, away or odd', () => {
  /** A provider of one answer after the other, the last one for ever. */
  async function odd(answers: readonly (object | 'away')[], authorization: object = {}) {
    const left = [...answers]
    const server = createServer((request, response) => {
      const { port } = server.address() as AddressInfo
      const begun = { device_code: 'd', user_code: 'AB\u001b[31mC', verification_uri: `http://127.0.0.1:${port}/` }
      const next = () => (left.length > 1 ? left.shift() : left[0])
      const answer = request.url === '/device' ? { ...begun, expires_in: 100, ...authorization } : next()
      if (answer === 'away') return void request.socket.destroy()
      response.writeHead(answer && 'error' in answer ? 400 : 200, { 'content-type': 'application/json' })
      response.end(JSON.stringify(answer))
    }).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const url = `http://127.0.0.1:${port}`
    const waits: number[] = []
    const prompts: Prompt[] = []
    const at = { issuer: url, token_endpoint: `${url}/token`, device_authorization_endpoint: `${url}/device` }
    const result = await signIn(
      at,
      wish,
      prompt => prompts.push(prompt),
      async ms => waits.push(ms),
    ).catch(String)
    server.closeAllConnections()
    server.close()
    return { result, waits, prompts }
  }
  const pending = { error: 'authorization_pending' }
  const slowDown = { error: 'slow_down' }
  const tokens = { access_token: 'a', token_type: 'bearer' }

  it('asks every 5 s, 5 s less often after each slow_down and while nothing answers, until there are tokens', async () => {
    const { result, waits } = await odd([pending, slowDown, pending, 'away', tokens])
    expect(result).toEqual(tokens)
    expect(waits).toEqual([5_000, 5_000, 10_000, 10_000, 15_000])
  })

  it('keeps to the interval that it is told, and to no more than a minute', async () => {
    expect((await odd([tokens], { interval: 1 })).waits).toEqual([1_000])
    expect((await odd([tokens], { interval: 1e9 })).waits).toEqual([60_000])
  })

  it('waits for the life of the code and no longer, however long that is said to be', async () => {
    const short = await odd([pending])
    expect(short.result).toContain('expired')
    expect(short.waits).toHaveLength(20)
    const long = await odd([pending], { expires_in: 1e9, interval: 60 })
    expect(long.waits).toHaveLength(30)
  })

  it.each([
    [
      'an error that it does not know',
      { error: 'server_error', error_description: 'no \u0007luck' },
      'server_error (no luck)',
    ],
    ['tokens that are none', { token_type: 'bearer' }, 'no bearer token'],
    ['tokens of another type', { access_token: 'a', token_type: 'DPoP' }, 'no bearer token'],
  ])('ends with %s', async (_, answer, said) => {
    expect((await odd([answer])).result).toContain(said)
  })

  it('shows nothing on a terminal that could change it', async () => {
    expect((await odd([tokens])).prompts[0]?.code).toBe('ABC')
  })

  it('sends nothing where anybody could read it', async () => {
    await expect(metadataOf('http://idp.example.com')).rejects.toThrow('not https')
    await expect(metadataOf('nowhere')).rejects.toThrow('not https')
  })
})

describe('a sign-in that is kept', () => {
  const login: Login = { gateway, issuer: 'https://idp.example.com', clientId: 'c', accessToken: 'secret-token' }

  it('is one file for each gateway, which nobody else can read', async () => {
    await keepLogin(login)
    await keepLogin({ ...login, gateway: 'https://other.example.com', accessToken: 'another' })
    expect(await storedLogin(`${gateway}/some/path`)).toEqual(login)
    expect((await stat(loginFile(gateway))).mode & 0o777).toBe(0o600)
    expect((await stat(join(loginFile(gateway), '..'))).mode & 0o777).toBe(0o700)
  })

  it('that was broken is none', async () => {
    await mkdir(join(loginFile(gateway), '..'), { recursive: true })
    for (const text of ['{', '{}', '']) {
      await writeFile(loginFile(gateway), text)
      expect(await storedLogin(gateway)).toBeUndefined()
    }
  })

  it('goes before the token of npm start, after GATEHOUSE_TOKEN, and to no other gateway', async () => {
    const local = 'http://127.0.0.1:8787'
    await writeFile(join(folder.path, 'operator-token'), 'minted\n')
    expect(await tokenFor(local, folder.path)).toEqual({ token: 'minted', source: 'npm start' })
    await keepLogin({ ...login, gateway: local })
    expect(await tokenFor(local, folder.path)).toEqual({ token: 'secret-token', source: 'login' })
    process.env.GATEHOUSE_TOKEN = 'given'
    expect(await tokenFor(local, folder.path)).toEqual({ token: 'given', source: 'GATEHOUSE_TOKEN' })
    delete process.env.GATEHOUSE_TOKEN
    await expect(tokenFor(gateway, folder.path)).rejects.toThrow(`gatehouse login --url ${gateway}`)
  })

  it('is refreshed before it ends, once, however many ask at the same time', async () => {
    const about = { gateway, issuer: provider.issuer, clientId: 'gatehouse-cli' }
    const tokens = await signedIn()
    await keepLogin(loginOf(about, { ...tokens, expires_in: 20 }, new Date()))
    const found = await Promise.all(Array.from({ length: 5 }, () => loginToken(gateway)))
    expect(new Set(found).size).toBe(1)
    expect(found[0]).not.toBe(tokens.access_token)
    const kept = await storedLogin(gateway)
    expect(kept?.refreshToken).not.toBe(tokens.refresh_token)
    expect(Date.parse(kept?.expiresAt ?? '')).toBeGreaterThan(Date.now() + 60_000)
    expect((await stat(loginFile(gateway))).mode & 0o777).toBe(0o600)
  })

  it('whose refresh token was used before has ended, says so, and is forgotten', async () => {
    const about = { gateway, issuer: provider.issuer, clientId: 'gatehouse-cli' }
    const ending = loginOf(about, { ...(await signedIn()), expires_in: 1 }, new Date())
    await keepLogin(ending)
    await loginToken(gateway)
    await keepLogin(ending)
    await expect(loginToken(gateway)).rejects.toThrow(/has ended: invalid_grant .*gatehouse login --url/)
    await expect(readFile(loginFile(gateway))).rejects.toThrow('ENOENT')
  })

  it('is not kept from anybody by a process that has died', async () => {
    await keepLogin(login)
    await writeFile(`${loginFile(gateway)}.lock`, '')
    const longAgo = new Date(Date.now() - 60_000)
    await utimes(`${loginFile(gateway)}.lock`, longAgo, longAgo)
    expect(await alone(gateway, async () => 'done')).toBe('done')
  })
})
