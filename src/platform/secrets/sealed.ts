import { keys } from '#core/keys.ts'
import type { Clock, Counters, Log, Secrets } from '#core/ports.ts'
import { SealedSecret, unseal } from '#core/secrets/sealed.ts'
import { Secret } from '#core/secrets/secret.ts'
import { readVault, vaultReference } from '#core/secrets/vault.ts'
import { within } from '#core/within.ts'
import type { Env } from '../env.ts'
import { lastSeal } from '../switchboard/port.ts'
import { workerSecrets } from './worker.ts'

/** A value is used so long before it is read again in the background, and, if that fails, at most so long. */
const freshMs = 60_000
const staleMs = 86_400_000
/** So long it is remembered that a name resolves to nothing. */
const absentMs = 5_000
const readTimeoutMs = 2_000
/** Names remembered at most; past that all are forgotten. */
const maxRemembered = 50_000

interface Remembered {
  readonly secret: Secret | undefined
  readonly readAtMs: number
}

export interface RememberedSecrets extends Secrets {
  /** Reads the secrets of an app again before they are used next. */
  renew(app: string): void
}

interface Needed {
  readonly clock: Clock
  readonly log: Log
  readonly counters: Counters
  readonly keyEncryptionKey?: Secret
  /** The one before, while what it sealed is sealed again. */
  readonly previousKeyEncryptionKey?: Secret
  /** Where entries must be signed, nothing from storage counts that might be an old one. */
  readonly approvers?: unknown
  readonly vault?: { readonly address: string; readonly token: Secret }
}

/**
 * An app's secrets: Worker secrets first, then sealed ones in KV, which this isolate remembers. A value that
 * is a reference into Vault is looked up there. What was read last stands while its storage is away, for a
 * day at most.
 */
export function appSecrets(
  env: Env & Readonly<Record<string, unknown>>,
  { clock, log, counters, keyEncryptionKey, previousKeyEncryptionKey, approvers, vault }: Needed,
  background: (work: Promise<unknown>) => void,
): RememberedSecrets {
  const inWorker = workerSecrets(env)
  const keyEncryptionKeys = [keyEncryptionKey, previousKeyEncryptionKey].filter(key => key !== undefined)
  const known = new Map<string, Map<string, Remembered>>()
  const refreshing = new Set<string>()

  return {
    async find(app, name) {
      counters.count(app, 'secret_uses_total', { secret: name })
      const direct = await inWorker.find(app, name)
      if (direct && !vaultReference(direct.reveal())) return direct
      const nowMs = clock.now().getTime()
      const remembered = known.get(app)?.get(name)
      const ageMs = remembered ? nowMs - remembered.readAtMs : Number.POSITIVE_INFINITY
      if (remembered && ageMs >= 0) {
        if (ageMs < (remembered.secret ? freshMs : absentMs)) return remembered.secret
        if (remembered.secret && ageMs < staleMs) {
          refreshSoon(app, name)
          return remembered.secret
        }
      }
      return read(app, name, remembered)
    },

    async peek(app, name) {
      const remembered = known.get(app)?.get(name)?.secret
      if (remembered) return remembered
      const value = (await inWorker.find(app, name))?.reveal() ?? (await opened(app, name))
      if (value !== undefined && vaultReference(value)) throw new Error(`${name} lies in Vault`)
      return value === undefined ? undefined : new Secret(name, value)
    },

    renew(app) {
      known.delete(app)
    },
  }

  function refreshSoon(app: string, name: string): void {
    const key = `${app} ${name}`
    if (refreshing.has(key)) return
    refreshing.add(key)
    background(read(app, name, known.get(app)?.get(name)).finally(() => refreshing.delete(key)))
  }

  async function read(app: string, name: string, last: Remembered | undefined): Promise<Secret | undefined> {
    try {
      const value = await resolved(app, name)
      const secret =
        value === undefined ? undefined : last?.secret?.reveal() === value ? last.secret : new Secret(name, value)
      remember(app, name, { secret, readAtMs: clock.now().getTime() })
      return secret
    } catch (error) {
      log.write('error', 'secret-unread', {
        app,
        secret: name,
        detail: String(error),
        served: last ? 'last' : 'nothing',
      })
      return last?.secret
    }
  }

  async function resolved(app: string, name: string): Promise<string | undefined> {
    const value = (await inWorker.find(app, name))?.reveal() ?? (await opened(app, name))
    const reference = value === undefined ? undefined : vaultReference(value)
    if (!reference) return value
    if (!vault) throw new Error('the secret lies in Vault, but VAULT_ADDR and VAULT_TOKEN are not set')
    const { address, token } = vault
    return readVault(reference, { address, token: token.reveal() }, (url, request) => fetch(url, request))
  }

  /**
   * What was sealed within the last minutes comes from the switchboard, since KV may still have the one before; and whoever
   * can write to KV may have put that back, which then does not count.
   */
  async function opened(app: string, name: string): Promise<string | undefined> {
    const last = await lastSeal(env, app, name).catch(error => {
      if (approvers) throw error
      return undefined
    })
    const stored = last?.secret ?? (await within(readTimeoutMs, env.REGISTRY.get(keys.secret(app, name), 'json')))
    if (stored === null || stored === undefined) return undefined
    const sealed = SealedSecret.safeParse(stored)
    const value = sealed.success ? await unseal(sealed.data, { app, name }, keyEncryptionKeys) : undefined
    if (value === undefined) throw new Error('it is sealed by no key that is set here, or was changed')
    if (sealed.data && last && sealed.data.sealedAt < last.sealedAt) throw new Error('an older one was put back')
    return value
  }

  function remember(app: string, name: string, value: Remembered): void {
    if (known.size > maxRemembered) known.clear()
    const own = known.get(app) ?? new Map<string, Remembered>()
    known.set(app, own.set(name, value))
  }
}
