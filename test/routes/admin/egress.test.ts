import { describe, expect, it } from 'vitest'
import { admin } from '../../support/admin.ts'
import { egressApp, goOut } from '../../support/egress-app.ts'
import { appAt } from '../../support/upstream.ts'

const explain = async (question: unknown) => {
  const response = await admin('egress/explain', { body: question, roles: ['author'] })
  return { status: response.status, body: await response.json<Record<string, unknown>>() }
}

describe('POST /admin/v1/egress/explain', () => {
  it('names the rule that allows, and fetches nothing', async () => {
    const seen = appAt('explained.example.com')
    const to = 'GET,POST https://explained.example.com/v1/*'
    await egressApp('explain-allow', {
      egress: [{ to, credential: { as: 'bearer', secret: 'key' } }, { to: 'https://explained.example.com' }],
    })
    const question = { app: 'explain-allow', method: 'POST', url: 'https://explained.example.com/v1/a?b' }
    expect(await explain(question)).toEqual({
      status: 200,
      body: { decision: 'allow', rule: to, credential: { as: 'bearer', secret: 'key' } },
    })
    expect(seen).toHaveLength(0)
  })

  it('says what stands against a request, and which rule is closest', async () => {
    await egressApp('explain-deny', { egress: [{ to: 'GET https://denied.example.com/v1/*' }] })
    const ask = (url: string, method = 'GET') => explain({ app: 'explain-deny', method, url }).then(({ body }) => body)
    expect(await ask('https://denied.example.com/v1/a', 'POST')).toEqual({
      decision: 'deny',
      fault: 'egress-denied',
      rule: 'GET https://denied.example.com/v1/*',
      reason: 'the closest rule is `GET https://denied.example.com/v1/*`: its method differs',
    })
    expect(await ask('https://evil.test/')).toEqual({
      decision: 'deny',
      fault: 'egress-denied',
      reason: 'no rule is about this host',
    })
    for (const url of ['https://10.0.0.1/', 'https://gate.example/apps/a', 'nowhere'])
      expect(await ask(url)).toMatchObject({ decision: 'deny', fault: 'egress-target-invalid' })
  })

  it('tells an allow that is owed to shadow mode from a real one', async () => {
    const spec = { policies: { allowList: { mode: 'shadow' } } }
    await egressApp('explain-shadow', { egress: [], spec })
    const { body } = await explain({ app: 'explain-shadow', url: 'https://anywhere.example.com/' })
    expect(body).toMatchObject({ decision: 'allow', wouldDeny: 'egress-denied' })
    await egressApp('explain-watched', { egress: [{ to: 'https://watched.example.com', mode: 'shadow' }] })
    const watched = await explain({ app: 'explain-watched', url: 'https://watched.example.com/' })
    expect(watched.body).toMatchObject({
      decision: 'allow',
      wouldDeny: 'egress-denied',
      rule: 'https://watched.example.com',
    })
  })

  it('is for authors, of apps that are there, with a whole question', async () => {
    expect((await admin('egress/explain', { body: {}, roles: ['operator', 'viewer', 'approver'] })).status).toBe(403)
    expect((await explain({ app: 'explain-nobody', url: 'https://a.example.com' })).body).toMatchObject({
      code: 'not-found',
    })
    const { body } = await explain({ app: 'explain-allow', method: 'get', uri: 'x' })
    expect(body).toMatchObject({
      code: 'request-invalid',
      faults: expect.arrayContaining([expect.objectContaining({ path: 'method' })]),
    })
  })
})

describe('GET /admin/v1/egress/suggestions', () => {
  it('proposes rules for what was denied, and for what passed in shadow mode only', async () => {
    appAt('wanted.example.com')
    const suggest = async (app: string) => {
      const response = await admin(`egress/suggestions?app=${app}`, { roles: ['author'] })
      return (await response.json<{ items: { to: string; count: number }[] }>()).items.map(
        ({ to, count }) => `${to} ${count}`,
      )
    }
    const strict = await egressApp('suggest-strict', { egress: [{ to: 'GET https://wanted.example.com/v1/*' }] })
    for (const id of ['4711', '4712']) await goOut(strict, `/wanted.example.com/v2/things/${id}?q=private`)
    await goOut(strict, '/wanted.example.com/v1/a')
    await goOut(strict, '/127.0.0.1/')
    expect(await suggest('suggest-strict')).toEqual(['GET https://wanted.example.com/v2/things/* 2'])

    const spec = { policies: { allowList: { mode: 'shadow' } } }
    const open = await egressApp('suggest-shadow', { egress: [], spec })
    await (await goOut(open, '/wanted.example.com/v3', { method: 'POST', body: 'x' })).text()
    expect(await suggest('suggest-shadow')).toEqual(['POST https://wanted.example.com/v3 1'])
  })
})
