import { lookUp } from '#core/manifest/lookup.ts'
import { secretNames } from '#core/manifest/secret-names.ts'
import { pointerTrust } from '#core/manifest/trust.ts'
import type { Ports } from '#core/ports.ts'
import { type AppFindings, CheckState, nothingFound, withApp } from '#core/status/check.ts'

/** Apps that one run looks at, and side by side: each is some reads, and a run may make 1,000. */
export const perRun = { apps: 300, atOnce: 20 }

/**
 * Cron: reads entries as a fresh isolate would, and looks for the secrets that they name. A large registry takes
 * several runs; `GET /admin/v1/status` tells what the last whole round found, and what this one has so far.
 */
export async function checkup(ports: Ports, most = perRun): Promise<void> {
  const { checks, registryStore, clock, log } = ports
  const state = CheckState.safeParse(await checks.read()).data ?? { found: nothingFound }
  let { cursor, found } = state
  for (let looked = 0; looked < most.apps; looked += most.atOnce) {
    const page = await registryStore.apps({ limit: most.atOnce, ...(cursor !== undefined && { cursor }) })
    const apps = page.apps.map(({ app }) => app)
    const findings = await Promise.all(apps.map(app => findingsOf(app, ports)))
    for (const [index, app] of apps.entries()) found = withApp(found, app, findings[index] ?? {})
    cursor = page.cursor
    if (cursor === undefined) break
  }
  if (cursor !== undefined) return checks.keep({ ...state, cursor, found })
  const { bad, missingSecrets, apps } = found
  if (bad.length > 0) log.write('error', 'registry-checked', { apps, bad, missingSecrets: missingSecrets.length })
  await checks.keep({ found: nothingFound, last: { ...found, checkedAt: clock.now().toISOString() } })
}

async function findingsOf(app: string, { registryStore, settings, secrets }: Ports): Promise<AppFindings> {
  const { lookup } = await lookUp(app, registryStore, pointerTrust(settings))
  if (lookup.kind === 'invalid') return { reason: lookup.detail }
  if (lookup.kind === 'unknown') return {}
  const names = secretNames(lookup.entry.manifest.spec)
  const found = await Promise.all(names.map(name => isThere(app, name, secrets)))
  return { missing: names.filter((_, index) => !found[index]) }
}

/** What lies in a vault, or cannot be read now, is not missing for that. */
async function isThere(app: string, name: string, secrets: Ports['secrets']): Promise<boolean> {
  return secrets.peek(app, name).then(
    secret => secret !== undefined,
    () => true,
  )
}
