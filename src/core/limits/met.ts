import type { Exchange } from '#core/pipeline/exchange.ts'
import { settled } from '#core/pipeline/exchange.ts'
import type { Limit } from './spend.ts'

/** The rates that a request meets. A source's requests are never counted with anything else. */
export function ratesMet(exchange: Exchange): Limit[] {
  const { app, webhook, address = '', principal } = exchange
  const { rate } = webhook?.source.limits ?? settled(exchange, 'entry').manifest.spec.limits
  const who = webhook ? `source ${webhook.name}` : principal && `caller ${principal.issuer} ${principal.subject}`
  const subjects = { caller: who ?? `ip ${address}`, app: 'app', ip: `ip ${address}` }
  return rate.map(({ name, per, algorithm, limit, windowSeconds }) => ({
    name,
    rule: { kind: algorithm, limit, windowSeconds },
    counter: { app, subject: subjects[per], name: webhook ? `${webhook.name}/${name}` : name },
  }))
}

/** The quotas that it meets. */
export function quotasMet(exchange: Exchange): Limit[] {
  return settled(exchange, 'entry').manifest.spec.limits.quota.map(({ limit, per }) => ({
    name: per,
    rule: { kind: 'calendar', limit, per },
    counter: { app: exchange.app, subject: 'app', name: `quota/${per}` },
  }))
}
