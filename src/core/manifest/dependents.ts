import { literalEnd, readRule } from '#core/egress/rule.ts'
import type { Problem } from '#core/fault.ts'
import type { Ports } from '#core/ports.ts'
import type { Entry } from './entry.ts'

/** Apps asked side by side, and at most: a Worker may ask its storage only so often for one request. */
const askedAtOnce = 50
const askedAtMost = 400

/**
 * What still depends on an app: events that it has not got yet, and apps whose `egress` names one of its addresses.
 * A rule with a wildcard in its host names nobody in particular. Where the registry holds more apps than may be
 * asked, that is told as well.
 *
 * @throws Fault `overloaded` where a mailbox does not answer
 */
export async function dependents({ app, manifest }: Entry, ports: Ports): Promise<Problem[]> {
  const problems: Problem[] = []
  for (const state of ['waiting', 'delivering'] as const) {
    const [one] = await ports.mailboxes.list(app, { state }, { limit: 1 })
    if (!one) continue
    const remedy = 'Wait until they are delivered, or forget them (`gatehouse apps purge`).'
    problems.push({ path: `events.${state}`, reason: `it has events that are ${state}, such as ${one.id}`, remedy })
  }
  const addresses = new Set([...manifest.spec.upstreams.map(({ url }) => new URL(url).host), ...manifest.spec.hosts])
  let asked = 0
  let cursor: string | undefined
  do {
    const page = await ports.registryStore.apps({ limit: askedAtOnce, ...(cursor && { cursor }) })
    const others = page.apps.filter(other => other.app !== app)
    problems.push(...(await Promise.all(others.map(other => rulesTo(addresses, other.app, ports)))).flat())
    asked += others.length
    cursor = page.cursor
  } while (cursor && asked < askedAtMost)
  if (cursor) {
    const reason = `only ${asked} apps could be asked whether they call it`
    problems.push({ path: 'egress', reason, remedy: 'Look for its addresses in the folder of manifests.' })
  }
  return problems
}

/** The rules of another app that name one of these addresses. */
async function rulesTo(addresses: ReadonlySet<string>, app: string, { registry }: Ports): Promise<Problem[]> {
  const lookup = await registry.find(app)
  if (lookup.kind !== 'found') return []
  return lookup.entry.manifest.spec.egress.flatMap(({ to }, index) => {
    const rule = readRule(to)
    if (typeof rule === 'string' || literalEnd(rule) !== undefined) return []
    const host = [...rule.labels].reverse().join('.')
    const address = rule.port === 443 ? host : `${host}:${rule.port}`
    if (!addresses.has(address)) return []
    const remedy = `Publish ${app} without this rule.`
    return [{ path: `egress.${index}.to`, reason: `${app} goes out to ${address}`, remedy }]
  })
}
