import { type Exchange, settled } from '#core/pipeline/exchange.ts'
import { isPassedHeader } from './header-names.ts'

/** What an app may not say for the whole origin, which it shares with all other apps. */
const originWide = ['service-worker-allowed', 'clear-site-data', 'alt-svc', 'strict-transport-security']

/** The headers of an app's answer on its way to the caller. */
export function answerHeaders(given: Headers, exchange: Exchange): Headers {
  const { route } = settled(exchange, 'api')
  const rulesCors = settled(exchange, 'entry').manifest.spec.api?.cors !== undefined
  const headers = new Headers(given)
  for (const name of [...headers.keys()]) {
    if (name === 'content-length') continue
    if (!isPassedHeader(name) || (rulesCors && name.startsWith('access-control-'))) headers.delete(name)
  }
  for (const name of originWide) headers.delete(name)
  for (const name of route.headers?.response?.remove ?? []) headers.delete(name)
  for (const [name, value] of Object.entries(route.headers?.response?.set ?? {})) headers.set(name, value)
  return headers
}
