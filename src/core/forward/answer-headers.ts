import { type Exchange, settled } from '#core/pipeline/exchange.ts'
import { isPassedHeader } from './header-names.ts'
import { confine } from './one-origin.ts'

/** The headers of an app's answer on its way to the caller. */
export function answerHeaders(given: Headers, exchange: Exchange): Headers {
  const { route } = settled(exchange, 'api')
  const { app, manifest } = settled(exchange, 'entry')
  const rulesCors = manifest.spec.api?.cors !== undefined
  const headers = new Headers(given)
  for (const name of [...headers.keys()]) {
    if (name === 'content-length') continue
    if (!isPassedHeader(name) || (rulesCors && name.startsWith('access-control-'))) headers.delete(name)
  }
  for (const name of route.headers?.response?.remove ?? []) headers.delete(name)
  for (const [name, value] of Object.entries(route.headers?.response?.set ?? {})) headers.set(name, value)
  confine(headers, app)
  return headers
}
