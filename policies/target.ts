import { departingHeaders } from '#core/egress/departing-headers.ts'
import { requestedUrl } from '#core/egress/requested-url.ts'
import { readTarget } from '#core/egress/target.ts'
import { hopsOf, isLooping } from '#core/forward/hops.ts'
import { settled } from '#core/pipeline/exchange.ts'
import { deny, type Policy, pass } from '#core/pipeline/policy.ts'

/** Settles where an app wants to go, as one parsed URL, and what of its request leaves. Binds also where the allow-list is in shadow mode. */
export const target: Policy = {
  name: 'target',
  doors: ['egress'],
  isMandatory: true,

  before(exchange, { settings }) {
    const { headers, url } = exchange
    const { value: token } = settled(exchange, 'appToken')
    const text = requestedUrl(url, headers, settings.isLocal)
    if (text === undefined)
      return deny(
        'egress-target-invalid',
        'the request names no target, or one in the path and one in gatehouse-target',
      )
    const read = readTarget(text, { ...settings, ownHosts: [...settings.ownHosts, new URL(url).host] })
    if (typeof read === 'string') return deny('egress-target-invalid', `the target ${read}`)
    if (holds(read.url, token)) return deny('egress-target-invalid', 'the token stands in the URL')
    const hops = hopsOf(headers)
    if (isLooping(hops)) return deny('loop-detected', `${hops} hops before this one`)
    return pass({ target: read, departing: departingHeaders(headers, token, hops) })
  },
}

/** Whether a text stands in a URL, escaped or not. */
function holds({ href }: URL, text: string): boolean {
  const unescaped = href.replaceAll(/%[0-9a-f]{2}/gi, found => String.fromCharCode(Number.parseInt(found.slice(1), 16)))
  return href.includes(text) || unescaped.includes(text)
}
