import { runDurableObjectAlarm } from 'cloudflare:test'
import { expect, it } from 'vitest'
import { answered, heldMailbox, incoming, terms } from '../../support/mailbox.ts'
import { moveTimeBy } from '../../support/time.ts'

const leaseMs = terms.timeoutMs + 30_000
const retentionMs = 14 * 86_400_000

it('no alarm is set for a mailbox that holds nothing', async () => {
  const { calls, alarm } = await heldMailbox('alarm-empty')
  expect(await calls.list({}, { limit: 1 })).toEqual([])
  expect(await calls.replay(incoming('alarm-empty').id)).toBeUndefined()
  await calls.buried(incoming('alarm-empty').id)
  expect(await alarm()).toBeNull()
})

it('while an attempt is under way the alarm is at the end of its lease', async () => {
  const { calls, alarm } = await heldMailbox('alarm-lease')
  moveTimeBy(0)
  await calls.accept(incoming('alarm-lease'), terms)
  expect(await alarm()).toBe(Date.now() + leaseMs)
})

it('after a delivery the alarm is at the end of the retention', async () => {
  const { calls, settle, alarm } = await heldMailbox('alarm-delivered')
  const event = incoming('alarm-delivered')
  await calls.accept(event, terms)
  await settle(event.id, 1, answered(200))
  expect(await alarm()).toBe(event.receivedAtMs + retentionMs)
})

it('a wait for the next attempt brings the alarm forward, and a longer wait of another event does not put it off', async () => {
  const { calls, settle, alarm } = await heldMailbox('alarm-forward')
  moveTimeBy(0)
  const [one, other] = [incoming('alarm-forward'), incoming('alarm-forward')]
  await calls.accept(one, terms)
  await calls.accept(other, terms)
  await settle(one.id, 1, answered(429, Date.now() + 5_000))
  await settle(other.id, 1, answered(429, Date.now() + 50_000))
  expect(await alarm()).toBe(Date.now() + 5_000)
})

it('an alarm that finds nothing due sets the next one and hands nothing over', async () => {
  const { stub, calls, batches, settle, alarm } = await heldMailbox('alarm-early')
  moveTimeBy(0)
  const event = incoming('alarm-early')
  await calls.accept(event, terms)
  await settle(event.id, 1, answered(429, Date.now() + 20_000))
  const at = await alarm()
  expect(await runDurableObjectAlarm(stub)).toBe(true)
  expect(await alarm()).toBe(at)
  expect(batches.flat()).toHaveLength(1)
})

it('events that wait for a slot set no alarm of their own: the end of an attempt lets them go on', async () => {
  const { stub, calls, batches, settle, alarm } = await heldMailbox('alarm-slots')
  moveTimeBy(0)
  const events = Array.from({ length: 3 }, () => incoming('alarm-slots'))
  for (const event of events) await calls.accept(event, { ...terms, concurrency: 1 })
  const at = Date.now() + leaseMs
  expect(await alarm()).toBe(at)
  await runDurableObjectAlarm(stub)
  expect(await alarm()).toBe(at)
  for (const { id } of events) await settle(id, 1, answered(200))
  expect(batches.flat()).toHaveLength(3)
  expect(await alarm()).toBe((events[0]?.receivedAtMs ?? 0) + retentionMs)
})

it('an event held back by the gate is looked at again within minutes, again and again, and that is no attempt', async () => {
  const { stub, calls, batches, settle, alarm } = await heldMailbox('alarm-held')
  moveTimeBy(0)
  const event = incoming('alarm-held')
  await calls.accept(event, { ...terms, retry: { ...terms.retry, attempts: 1 } })
  for (let n = 0; n < 3; n++) {
    await settle(event.id, 1, { kind: 'held', fault: 'app-expired' })
    const held = await calls.show(event.id)
    expect(held).toMatchObject({ state: 'waiting', attempts: [], fault: 'app-expired' })
    const waitMs = Date.parse(held?.nextAttemptAt ?? '') - Date.now()
    expect(waitMs).toBeGreaterThan(0)
    expect(waitMs).toBeLessThanOrEqual(300_000)
    expect(await alarm()).toBeLessThanOrEqual(Date.now() + waitMs)
    moveTimeBy(waitMs)
    await runDurableObjectAlarm(stub)
  }
  expect(batches.flat().map(({ attempt }) => attempt)).toEqual([1, 1, 1, 1])
})
