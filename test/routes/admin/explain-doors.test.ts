import { describe, expect, it } from 'vitest'
import { egressApp, tokenOf } from '../../support/egress-app.ts'
import { explained, rowOf, schema } from '../../support/explain.ts'
import { gatedApp, signature } from '../../support/gated-app.ts'
import { appAt } from '../../support/upstream.ts'

describe('POST /admin/v1/explain at the hooks', () => {
  it('verifies a signature as the door does, and keeps nothing', async () => {
    const app = 'explain-hook'
    const seen = await gatedApp(app, { source: { when: 'body.n > 1', schema } })
    const ask = async (body: string, headers: Record<string, string>) =>
      explained({ app, door: 'hooks', request: { url: `/hooks/${app}/shop`, headers, body } })
    const body = '{"n":2}'
    expect(await ask(body, await signature({ body }))).toMatchObject({ decision: 'allow' })
    expect(await ask('{"n":3}', await signature({ body }))).toMatchObject({ fault: 'signature-mismatch' })
    const old = await signature({ body, timestampSeconds: 1_000_000 })
    expect(rowOf(await ask(body, old), 'webhookSignature')).toMatchObject({
      fault: 'timestamp-outside',
      field: 'spec.webhooks.shop.toleranceSeconds',
    })
    const dropped = await ask('{"n":1}', await signature({ body: '{"n":1}' }))
    expect(dropped).toMatchObject({ decision: 'drop', policy: 'filter' })
    expect(rowOf(dropped, 'filter')).toMatchObject({ field: 'spec.webhooks.shop.when', value: 'body.n > 1' })
    expect(seen).toHaveLength(0)
  })

  it('takes the signature for granted where the question says so', async () => {
    const app = 'explain-assumed'
    await gatedApp(app, { source: { schema } })
    const request = { url: `/hooks/${app}/shop`, body: { n: 'x' } }
    const answer = await explained({ app, door: 'hooks', request, as: {} })
    expect(rowOf(answer, 'webhookSignature')).toMatchObject({
      verdict: 'assumed',
      detail: expect.stringContaining('signature-missing'),
    })
    expect(answer).toMatchObject({ decision: 'deny', policy: 'schema', fault: 'schema-mismatch' })
  })
})

describe('POST /admin/v1/explain at the way out', () => {
  it('names the rule, its budget and its credential, and fetches nothing', async () => {
    const app = 'explain-way'
    const seen = appAt('way.example.com')
    await egressApp(app, {
      egress: [
        { to: 'https://other.example.com' },
        {
          to: 'POST https://way.example.com/v1/*',
          credential: { as: 'bearer', secret: 'key' },
          budget: { requestsPerDay: 5 },
          masking: { entities: ['EMAIL'], action: 'redact' },
        },
      ],
      secrets: { key: 'sk-very-secret-credential' },
    })
    const request = { method: 'POST', url: '/egress/way.example.com/v1/a', body: { to: 'ann@example.org' } }
    const answer = await explained({ app, door: 'egress', request, as: {} })
    expect(answer).toMatchObject({ decision: 'allow' })
    expect(rowOf(answer, 'allowList')).toMatchObject({
      field: 'spec.egress[1].to',
      value: 'POST https://way.example.com/v1/*',
    })
    expect(rowOf(answer, 'budget')).toMatchObject({ field: 'spec.egress[1].budget', origin: 'manifest' })
    expect(rowOf(answer, 'piiMasking')?.records).toMatchObject([
      { event: 'masked', rows: [{ type: 'EMAIL', pointer: '/to', count: 1 }] },
    ])
    const text = JSON.stringify(answer)
    expect(text).not.toContain('ann@')
    expect(text).not.toContain('sk-very')
    const denied = await explained({ app, door: 'egress', request: { ...request, method: 'GET' }, as: {} })
    expect(denied).toMatchObject({ decision: 'deny', policy: 'allowList', fault: 'egress-denied' })
    expect(rowOf(denied, 'allowList')?.detail).toContain('its method differs')
    expect(seen).toHaveLength(0)
  })

  it('tells nothing of an app by the token of another', async () => {
    await egressApp('explain-mine', { egress: [] })
    await egressApp('explain-theirs', { egress: [{ to: 'https://theirs.example.com' }] })
    const headers = { 'gatehouse-token': await tokenOf('explain-theirs') }
    const answer = await explained({
      app: 'explain-mine',
      door: 'egress',
      request: { url: '/egress/theirs.example.com/', headers },
    })
    expect(answer).toMatchObject({ decision: 'deny', policy: 'appToken', fault: 'token-invalid' })
    expect(JSON.stringify(answer)).not.toContain('https://theirs.example.com')
  })
})
