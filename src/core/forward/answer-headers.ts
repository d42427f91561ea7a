import { type Exchange, settled } from '#core/pipeline/exchange.ts'
import { isPassedHeader } from './header-names.ts'
import { confine, confineToHost } from './one-origin.ts'

/** Makes the headers of an app's answer those that the caller gets. */
export function clearAnswerHeaders(headers: Headers, exchange: Exchange): void {
  const { route } = settled(exchange, 'api')
  const { app, manifest } = settled(exchange, 'entry')
  const rulesCors = manifest.spec.api?.cors !== undefined
  const rules = route.headers?.response
  const names = [...headers.keys()]
  for (const name of names) {
    if (name === 'content-length') continue
    if (!isPassedHeader(name) || (rulesCors && name.startsWith('access-control-'))) headers.delete(name)
  }
  for (const name of rules?.remove ?? []) headers.delete(name)
  for (const [name, value] of Object.entries(rules?.set ?? {})) {
    headers.set(name, value)
    names.push(name.toLowerCase())
  }
  if (exchange.host === undefined) confine(headers, app, names)
  else confineToHost(headers, names)
}
