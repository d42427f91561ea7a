import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { importJWK, jwtVerify } from 'jose'
import { describe, expect, it } from 'vitest'
import type { AuditFact } from '#core/audit/record.ts'
import { keys } from '#core/keys.ts'
import { durableAudit } from '#platform/audit/port.ts'
import type { Env } from '#platform/env.ts'
import { recordingPorts } from '../../support/ports.ts'
import { moveTimeBy } from '../../support/time.ts'

const fact = (app: string, n: number): AuditFact => ({ type: 'app.published', app, actor: 'olga', facts: { n } })
const chain = (app: string) => (env as unknown as Env).AUDIT.getByName(app)
const stub = (app: string) => chain(app) as unknown as DurableObjectStub

const damaged = (app: string, statement: string) =>
  runInDurableObject(stub(app), (_, { storage }) => void storage.sql.exec(statement))

describe('a chain', () => {
  it('takes what comes at once one after the other, without a gap', async () => {
    await Promise.all(
      Array.from({ length: 60 }, (_, n) => chain('chain-many').append('chain-many', [fact('chain-many', n)])),
    )
    const records = await chain('chain-many').list({ limit: 100 })
    expect(records.map(({ auditseq }) => auditseq)).toEqual(Array.from({ length: 60 }, (_, n) => 60 - n))
    expect(await chain('chain-many').verify()).toEqual({ ok: true, records: 60 })
  })

  it.each([
    ['edited', "UPDATE records SET json = replace(json, 'olga', 'otto') WHERE seq = 3", 3],
    ['edited at the end', "UPDATE records SET json = replace(json, 'olga', 'otto') WHERE seq = 5", 5],
    ['spoilt', "UPDATE records SET json = '{' WHERE seq = 2", 2],
    ['removed', 'DELETE FROM records WHERE seq = 4', 4],
    ['removed at the end', 'DELETE FROM records WHERE seq = 5', 5],
    ['removed altogether', 'DELETE FROM records', 1],
  ])('shows that a record was %s', async (how, statement, brokenAt) => {
    const app = `chain-${how.replaceAll(' ', '-')}`
    for (let n = 0; n < 5; n++) await chain(app).append(app, [fact(app, n)])
    await damaged(app, statement)
    expect(await chain(app).verify()).toMatchObject({ ok: false, brokenAt })
  })

  it('shows that two records changed places', async () => {
    const app = 'chain-swapped'
    for (let n = 0; n < 5; n++) await chain(app).append(app, [fact(app, n)])
    await damaged(app, 'UPDATE records SET seq = CASE seq WHEN 2 THEN -3 ELSE -2 END WHERE seq IN (2, 3)')
    await damaged(app, 'UPDATE records SET seq = -seq WHERE seq < 0')
    expect(await chain(app).verify()).toMatchObject({ ok: false, brokenAt: 2 })
  })

  it('leaves what is new in R2 as lines, with a checkpoint that the gateway has signed', async () => {
    const app = 'chain-export'
    await chain(app).append(app, [fact(app, 0), fact(app, 1)])
    moveTimeBy(3_600_000)
    await runDurableObjectAlarm(stub(app))
    const end = await chain(app).append(app, [fact(app, 2)])
    moveTimeBy(3_600_000)
    await runDurableObjectAlarm(stub(app))
    const spans = ['000000000001-000000000002', '000000000003-000000000003']
    const texts = await Promise.all(
      spans.map(async span => (await env.PAYLOADS.get(keys.auditExport(app, span)))?.text()),
    )
    expect(texts.map(text => text?.trim().split('\n').length)).toEqual([2, 1])
    expect(JSON.parse(texts[1] ?? '')).toMatchObject({ auditseq: 3, subject: 'app/chain-export' })

    const checkpoint = await (await env.PAYLOADS.get(keys.auditCheckpoint(app, spans[1] ?? '')))?.text()
    const [jwk] = JSON.parse(String(env.SIGNING_KEYS)).keys
    const { payload } = await jwtVerify(checkpoint ?? '', await importJWK({ ...jwk, d: undefined }, 'ES256'))
    expect(payload).toMatchObject({ chain: app, ...end })
    expect(await runDurableObjectAlarm(stub(app))).toBe(false)
  })

  it('takes a batch once, however often it is told', async () => {
    const app = 'chain-batch'
    await chain(app).expect(app, 'batch-1')
    const end = await chain(app).append(app, [fact(app, 0)], 'batch-1')
    expect(await chain(app).append(app, [fact(app, 0)], 'batch-1')).toEqual(end)
    expect(await chain(app).verify()).toEqual({ ok: true, records: 1 })
  })

  it('says of a batch that began and never came that it is lost, and counts it', async () => {
    const app = 'chain-lost'
    await chain(app).expect(app, 'batch-lost')
    await chain(app).expect(app, 'batch-late')
    await chain(app).append(app, [fact(app, 0)], 'batch-late')
    moveTimeBy(59_000)
    await runDurableObjectAlarm(stub(app))
    expect(await chain(app).verify()).toEqual({ ok: true, records: 1 })
    moveTimeBy(1_000)
    await runDurableObjectAlarm(stub(app))
    const [record] = await chain(app).list({ limit: 1 })
    expect(record).toMatchObject({ type: 'app.egress', data: { actor: 'gateway', isLost: true } })
    expect(await chain(app).verify()).toEqual({ ok: true, records: 2 })
    const meter = await (env as unknown as Env).METER.getByName(app).read()
    expect(meter.series).toEqual({ '["audit_lost_total",{}]': 1 })
  })
})

it('counts and logs a record that could not be written, and does not stop what it records', async () => {
  const broken = { AUDIT: { getByName: () => ({ append: () => Promise.reject(new Error('away')) }) } }
  const { ports, counted, logged } = recordingPorts()
  await durableAudit(broken as unknown as Env, ports.counters, ports.log, () => {}).record(fact('shop', 1))
  expect(counted).toEqual(['shop audit_lost_total {} 1'])
  expect(logged).toEqual(['info audit', 'error audit-lost'])
})
