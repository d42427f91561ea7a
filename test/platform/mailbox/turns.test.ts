import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test'
import { describe, expect, it } from 'vitest'
import { Turns } from '#platform/mailbox/turns.ts'
import { answered, heldMailbox, incoming, terms } from '../../support/mailbox.ts'
import { moveTimeBy } from '../../support/time.ts'

interface Stage {
  readonly turns: Turns
  readonly write: (name: string) => string
  readonly kept: () => string[]
  /** How often the disk was waited for. */
  readonly commits: () => number
}

/** Turns over the real storage of an object of its own. */
async function onStage(
  app: string,
  act: (stage: Stage) => Promise<void>,
  afterwards: () => void = () => {},
  ended: (failure: unknown) => void = () => {},
): Promise<void> {
  const { stub } = await heldMailbox(app)
  await runInDurableObject(stub, async (_, { storage }) => {
    storage.sql.exec('CREATE TABLE kept (name TEXT)')
    let commits = 0
    const counted = {
      transactionSync: <Result>(work: () => Result) => storage.transactionSync(work),
      sync: () => {
        commits++
        return storage.sync()
      },
    }
    await act({
      turns: new Turns(counted as unknown as DurableObjectStorage, afterwards, ended),
      write: name => {
        storage.sql.exec('INSERT INTO kept VALUES (?)', name)
        return name
      },
      kept: () =>
        storage.sql
          .exec<{ name: string }>('SELECT name FROM kept')
          .toArray()
          .map(({ name }) => name),
      commits: () => commits,
    })
  })
}

const names = Array.from({ length: 50 }, (_, n) => `n${n}`)

describe('work that comes at once', () => {
  it('is done in two turns however much it is: the first piece at once, all others together', async () => {
    let turns = 0
    const after = () => void turns++
    await onStage(
      'turns-many',
      async ({ turns: queue, write, kept, commits }) => {
        expect(await Promise.all(names.map(name => queue.run(() => write(name))))).toEqual(names)
        expect(kept()).toEqual(names)
        expect(commits()).toBe(2)
      },
      after,
    )
    expect(turns).toBe(2)
  })

  it('fails alone where it throws: the writes of that piece are undone, and no others', async () => {
    await onStage('turns-throw', async ({ turns, write, kept }) => {
      const results = await Promise.allSettled(
        names.map((name, n) =>
          turns.run(() => {
            write(name)
            if (n % 10 === 3) throw new Error(name)
            return name
          }),
        ),
      )
      const failed = names.filter((_, n) => n % 10 === 3)
      expect(results.flatMap(result => (result.status === 'rejected' ? [result.reason.message] : []))).toEqual(failed)
      expect(kept()).toEqual(names.filter(name => !failed.includes(name)))
    })
  })
})

describe('a throw at the end of a turn', () => {
  it('neither undoes the work of the turn nor keeps the next turn from coming', async () => {
    let isBroken = true
    const after = () => {
      if (isBroken) throw new Error('the end of the turn')
    }
    const failures: unknown[] = []
    await onStage(
      'turns-end',
      async ({ turns, write, kept }) => {
        expect(await turns.run(() => write('one'))).toBe('one')
        isBroken = false
        expect(await turns.run(() => write('two'))).toBe('two')
        expect(kept()).toEqual(['one', 'two'])
      },
      after,
      failure => failures.push(failure),
    )
    expect(failures).toEqual([new Error('the end of the turn'), undefined])
  })

  it('hands nothing over of which the lease was undone, and looks again within half a minute', async () => {
    const { stub, calls, batches, settle, alarm } = await heldMailbox('turns-stuck')
    const event = incoming('turns-stuck')
    moveTimeBy(0)
    await runInDurableObject(stub, async (instance, { storage }) => {
      storage.sql.exec('ALTER TABLE notices RENAME TO away')
      expect(await instance.accept(event, terms)).toEqual({ kind: 'accepted', eventId: event.id })
      storage.sql.exec('ALTER TABLE away RENAME TO notices')
    })
    expect(batches).toEqual([])
    expect(await calls.show(event.id)).toMatchObject({ state: 'waiting', attempts: [] })
    expect(await alarm()).toBe(Date.now() + 30_000)
    moveTimeBy(30_000)
    await runDurableObjectAlarm(stub)
    expect(batches.flat().map(({ eventId }) => eventId)).toEqual([event.id])
    await settle(event.id, 1, answered(200))
    expect(await calls.show(event.id)).toMatchObject({ state: 'delivered' })
  })
})

describe('accepts that come at once', () => {
  it('are kept in the order in which they came, each once, and one that fails is the only one', async () => {
    const { stub, calls, batches } = await heldMailbox('turns-accepts')
    const events = names.map((_, n) => incoming('turns-accepts', { claims: { vendorId: `evt_${n % 25}` } }))
    const many = { ...terms, concurrency: 100 }
    const broken = incoming('turns-accepts', { headers: [['x', 1n as unknown as string]] })
    const results = await runInDurableObject(stub, instance =>
      Promise.allSettled(
        [...events.slice(0, 30), broken, ...events.slice(30)].map(event => instance.accept(event, many)),
      ),
    )
    const kinds = results.map(result => (result.status === 'fulfilled' ? result.value.kind : 'failed'))
    expect(kinds.slice(0, 25)).toEqual(Array(25).fill('accepted'))
    expect(kinds.slice(25)).toEqual([...Array(5).fill('duplicate'), 'failed', ...Array(20).fill('duplicate')])
    expect(batches.flat().map(({ eventId }) => eventId)).toEqual(events.slice(0, 25).map(({ id }) => id))
    expect(await calls.show(broken.id)).toBeUndefined()
  })

  it('are not forgotten though the very first of their source failed, also when the object starts anew', async () => {
    const before = await heldMailbox('turns-first')
    const { calls, stub } = before
    moveTimeBy(0)
    const event = incoming('turns-first')
    const broken = incoming('turns-first', { headers: [['x', 1n as unknown as string]] })
    await runInDurableObject(stub, instance => expect(instance.accept(broken, terms)).rejects.toThrow())
    await calls.accept(event, terms)
    await runInDurableObject(stub, (_, state) => state.abort('crash')).catch(() => undefined)
    const after = await heldMailbox('turns-first')
    moveTimeBy(terms.timeoutMs + 30_000)
    await runDurableObjectAlarm(after.stub)
    expect(after.batches.flat()).toMatchObject([{ eventId: event.id, attempt: 2 }])
  })
})
