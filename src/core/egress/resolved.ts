import * as z from 'zod'
import { BoundedMap } from '#core/bounded-map.ts'
import { Fault } from '#core/fault.ts'
import type { Clock, Upstreams } from '#core/ports.ts'
import { isPublicAddress } from './address.ts'

/** A resolver has this long; what it said counts for its TTL within these bounds. */
const timeoutMs = 3_000
const minSeconds = 5
const maxSeconds = 60

/** Names an isolate remembers; past that the oldest is asked for again. */
const maxRemembered = 1_000

const types = { A: 1, AAAA: 28 } as const

/** The JSON form of DNS over HTTPS, as Cloudflare and Google speak it. */
const Answer = z.object({
  Status: z.int(),
  Answer: z.array(z.object({ type: z.int(), data: z.string(), TTL: z.number().min(0).default(0) })).default([]),
})

const known = new BoundedMap<string, number>(maxRemembered)

/**
 * Asks the operator's resolver what a host name leads to, and refuses it unless every address is public. It
 * is a check in advance: the runtime resolves the name by itself again, and may hear something else.
 *
 * @param resolver the URL of DNS over HTTPS
 * @throws Fault `egress-denied` for an address that is not public, `upstream-unreachable` where there is no
 *   address, or no answer
 */
export async function assertPublicName(
  host: string,
  resolver: string,
  { clock, upstreams }: { readonly clock: Clock; readonly upstreams: Upstreams },
): Promise<void> {
  const name = `${resolver} ${host}`
  const nowMs = clock.now().getTime()
  if (nowMs < (known.get(name) ?? 0)) return
  const asked = Object.entries(types).map(([type, code]) => addressesOf(host, type, code, resolver, upstreams))
  const found = (await Promise.all(asked)).flat()
  const other = found.find(({ data }) => !isPublicAddress(data))
  if (other) throw new Fault('egress-denied', `${host} leads to ${other.data}, which is not of the public internet`)
  if (found.length === 0) throw new Fault('upstream-unreachable', `${host} has no address`)
  const seconds = Math.max(minSeconds, Math.min(maxSeconds, ...found.map(({ TTL }) => TTL)))
  known.set(name, nowMs + seconds * 1000)
}

async function addressesOf(host: string, type: string, code: number, resolver: string, upstreams: Upstreams) {
  const url = new URL(resolver)
  url.searchParams.set('name', host)
  url.searchParams.set('type', type)
  const headers = { accept: 'application/dns-json' }
  const signal = AbortSignal.timeout(timeoutMs)
  const answer = await upstreams
    .fetch(url.href, { headers, redirect: 'manual', signal })
    .then(async response => Answer.safeParse(response.ok ? await response.json() : undefined))
    .catch(() => undefined)
  // 3 is NXDOMAIN: no such name, and so no address
  if (!answer?.success || ![0, 3].includes(answer.data.Status))
    throw new Fault('upstream-unreachable', `the resolver did not say what ${host} leads to`)
  return answer.data.Answer.filter(one => one.type === code)
}
