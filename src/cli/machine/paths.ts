import { join, resolve } from 'node:path'

/** The repository's own folder. */
export const root = resolve(import.meta.dirname, '../../..')

/** Where one machine keeps its state, by name. */
export function statePaths(stateFolder: string) {
  const state = resolve(stateFolder)
  return {
    state,
    /** KV, Durable Objects and R2; where `wrangler --persist-to <state>` looks too. */
    resources: join(state, 'v3'),
    keys: join(state, 'keys.json'),
    operatorToken: join(state, 'operator-token'),
    samplePassword: join(state, 'sample-password'),
    running: join(state, 'running.json'),
    /** The registry as last published, as `wrangler kv bulk put` takes it. */
    bulk: join(state, 'registry.bulk.json'),
  }
}
