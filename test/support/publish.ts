import { env } from 'cloudflare:workers'
import { publication, registryItems } from '#core/manifest/publish.ts'
import { Manifest } from '#core/manifest/schema.ts'
import { secretVariable } from '#core/secrets/variable.ts'
import { documentOf } from './manifests.ts'

export interface TestApp {
  readonly name: string
  readonly webhooks: Readonly<Record<string, unknown>>
  /** The app's secrets by name, put where Worker secrets are. */
  readonly secrets?: Readonly<Record<string, string>>
  readonly labels?: Readonly<Record<string, string>>
  /** Merged over the rest of `spec`. */
  readonly spec?: Readonly<Record<string, unknown>>
}

/** Publishes an app into the registry the way `gatehouse push` does, and puts its secrets in place. */
export async function publish({ name, webhooks, secrets = {}, labels = {}, spec = {} }: TestApp): Promise<void> {
  const upstreams = [{ name: 'stable', url: 'https://app.example.com' }]
  const { metadata, ...rest } = documentOf({ upstreams, webhooks, ...spec }, name)
  const document = { ...rest, metadata: { ...metadata, labels } }
  const setting = { now: new Date(), publishedBy: 'tests', environment: 'local', renew: false }
  const made = await publication(Manifest.parse(document), document, undefined, setting)
  for (const { key, value } of registryItems([made])) await env.REGISTRY.put(key, value)
  for (const [secret, value] of Object.entries(secrets)) {
    ;(env as Record<string, unknown>)[secretVariable(name, secret)] = value
  }
}
