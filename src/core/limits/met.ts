import type { Principal } from '#core/identity/principal.ts'
import type { Manifest } from '#core/manifest/schema.ts'
import type { Exchange } from '#core/pipeline/exchange.ts'
import { settled } from '#core/pipeline/exchange.ts'
import type { Limit } from './spend.ts'

type Rates = Manifest['spec']['limits']['rate']

/** What a caller met last: its token is verified once for many calls, which all meet the same. */
const metLast = new WeakMap<Principal, { readonly rate: Rates; readonly address: string; readonly limits: Limit[] }>()

/** The rates that a request meets. A source's requests are never counted with anything else. */
export function ratesMet(exchange: Exchange): readonly Limit[] {
  const { webhook, address = '', principal } = exchange
  const { rate } = webhook?.source.limits ?? settled(exchange, 'entry').manifest.spec.limits
  if (!principal || webhook) return limitsOf(rate, exchange)
  const last = metLast.get(principal)
  if (last?.rate === rate && last.address === address) return last.limits
  const limits = limitsOf(rate, exchange)
  metLast.set(principal, { rate, address, limits })
  return limits
}

function limitsOf(rate: Rates, { app, webhook, address = '', principal }: Exchange): Limit[] {
  const who = webhook ? `source ${webhook.name}` : principal && `caller ${principal.issuer} ${principal.subject}`
  const subjects = { caller: who ?? `ip ${address}`, app: 'app', ip: `ip ${address}` }
  return rate.map(({ name, per, algorithm, limit, windowSeconds }) => ({
    name,
    rule: { kind: algorithm, limit, windowSeconds },
    counter: { app, subject: subjects[per], name: webhook ? `${webhook.name}/${name}` : name },
  }))
}

/** The quotas that it meets. */
export function quotasMet(exchange: Exchange): readonly Limit[] {
  return settled(exchange, 'entry').manifest.spec.limits.quota.map(({ limit, per }) => ({
    name: per,
    rule: { kind: 'calendar', limit, per },
    counter: { app: exchange.app, subject: 'app', name: `quota/${per}` },
  }))
}
