import { runInDurableObject } from 'cloudflare:test'
import { env } from 'cloudflare:workers'
import { homeMailbox, mailboxName } from '#core/delivery/event-id.ts'

/** The object that stands in for the one mailbox of an app. */
export function siblingStub(app: string) {
  return env.SIBLING.getByName(mailboxName(homeMailbox(app)))
}

/** Makes every accept of a mailbox, or of its sibling, fail. @returns mends it */
export async function broken(stub: DurableObjectStub): Promise<() => Promise<void>> {
  const rename = (from: string, to: string) =>
    runInDurableObject(stub, (_, { storage }) => {
      for (const table of ['contents', 'sheltered']) {
        const is =
          storage.sql.exec('SELECT 1 FROM sqlite_master WHERE name = ?', `${table}${from}`).toArray().length > 0
        if (is) storage.sql.exec(`ALTER TABLE ${table}${from} RENAME TO ${table}${to}`)
      }
    })
  await rename('', '_away')
  return () => rename('_away', '')
}

/** Makes every call of a mailbox fail that tells of its events, or takes some. @returns mends it */
export async function unreachable(stub: DurableObjectStub): Promise<() => Promise<void>> {
  const calls = ['accept', 'list', 'show', 'meant', 'open', 'contents', 'forget', 'known']
  const away = () => Promise.reject(new Error('away'))
  await runInDurableObject(
    stub,
    instance => void Object.assign(instance, Object.fromEntries(calls.map(call => [call, away]))),
  )
  return () =>
    runInDurableObject(stub, instance => {
      for (const call of calls) Reflect.deleteProperty(instance, call)
    })
}
