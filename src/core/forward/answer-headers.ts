import { type Exchange, settled } from '#core/pipeline/exchange.ts'
import { isPassedHeader } from './header-names.ts'
import { confine, confineToHost } from './one-origin.ts'

/** Makes the headers of an app's answer those that the caller gets. */
export function clearAnswerHeaders(headers: Headers, exchange: Exchange): void {
  const { route } = settled(exchange, 'api')
  const { app, manifest } = settled(exchange, 'entry')
  const rulesCors = manifest.spec.api?.cors !== undefined
  for (const name of [...headers.keys()]) {
    if (name === 'content-length') continue
    if (!isPassedHeader(name) || (rulesCors && name.startsWith('access-control-'))) headers.delete(name)
  }
  const rules = route.headers?.response
  for (const name of rules?.remove ?? []) headers.delete(name)
  if (rules?.set) for (const [name, value] of Object.entries(rules.set)) headers.set(name, value)
  if (exchange.host === undefined) confine(headers, app)
  else confineToHost(headers)
}
