import { keys } from '#core/keys.ts'
import type { SecretStore } from '#core/ports.ts'
import { SealedSecret } from '#core/secrets/sealed.ts'
import { within } from '#core/within.ts'
import type { Env } from '../env.ts'
import { lastSeal } from '../switchboard/port.ts'
import { boardName } from '../switchboard/replica.ts'

const answerMs = 5_000
/** Names listed at once; an app has few. */
const listedAtOnce = 1_000

/** Sealed secrets in KV; each change goes over the switchboard too, so that it holds everywhere within 5 s. */
export function sealedStore(env: Env): SecretStore {
  const { REGISTRY, SWITCHBOARD } = env
  return {
    async put(app, name, sealed) {
      const { sealedAt, sealedBy, kek } = sealed
      await REGISTRY.put(keys.secret(app, name), JSON.stringify(sealed), { metadata: { sealedAt, sealedBy, kek } })
      return within(answerMs, SWITCHBOARD.getByName(boardName).seal(app, name, sealed))
    },
    async get(app, name) {
      const [stored, last] = await Promise.all([REGISTRY.get(keys.secret(app, name), 'json'), lastSeal(env, app, name)])
      const sealed = stored === null ? undefined : SealedSecret.parse(stored)
      return sealed && last && sealed.sealedAt < last.sealedAt ? undefined : sealed
    },
    async list(app, cursor) {
      const prefix = app === undefined ? keys.secrets : keys.secret(app, '')
      const page = await REGISTRY.list<Pick<SealedSecret, 'sealedAt' | 'sealedBy' | 'kek'>>({
        prefix,
        limit: listedAtOnce,
        ...(cursor && { cursor }),
      })
      const items = page.keys.flatMap(({ name: key, metadata }) => {
        const [owner = '', name = ''] = key.slice(keys.secrets.length).split('/')
        return metadata ? [{ app: owner, name, ...metadata }] : []
      })
      return { items, ...(!page.list_complete && { cursor: page.cursor }) }
    },
  }
}
