import type { EgressRule } from '#core/manifest/egress-schema.ts'
import { priceOf } from './prices.ts'
import type { UsageReader } from './usage.ts'

/** What a request cost. */
export interface Cost {
  readonly usd: number
  /** The answer told no usage, so it was guessed from bytes and events, rather too high than too low. */
  readonly isEstimated: boolean
}

/** Bytes that make a token at least, in what apps send and get. */
const bytesPerToken = 3

/** A cache costs this much of the price of input, by Anthropic's price page; OpenAI counts it as input. */
const cacheWriteFactor = 1.25
const cacheReadFactor = 0.1

/** The cost of an answered request under its rule: a price per request, or tokens by the price of their model. */
export function costOf(
  { usdPerRequest, prices }: EgressRule['budget'],
  reader: UsageReader,
  answered: { readonly status: number; readonly requestBytes: number; readonly answerBytes: number },
): Cost {
  if (usdPerRequest !== undefined) return { usd: usdPerRequest, isEstimated: false }
  const { input, output } = priceOf(reader.model, prices)
  const { usage } = reader
  if (usage) {
    const cached = usage.cacheWrite * cacheWriteFactor + usage.cacheRead * cacheReadFactor
    return { usd: ((usage.input + cached) * input + usage.output * output) / 1_000_000, isEstimated: false }
  }
  if (answered.status >= 400) return { usd: 0, isEstimated: false }
  const sent = answered.requestBytes / bytesPerToken
  const got = reader.events > 0 ? reader.events : answered.answerBytes / bytesPerToken
  return { usd: (sent * input + got * output) / 1_000_000, isEstimated: true }
}
