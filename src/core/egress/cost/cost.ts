import type { EgressRule } from '#core/manifest/egress-schema.ts'
import { type ModelPrices, priceOf } from './prices.ts'
import type { UsageReader } from './usage.ts'

/** What a request cost. */
export interface Cost {
  readonly usd: number
  /** The answer told no usage, so it was guessed from bytes and events, rather too high than too low. */
  readonly isEstimated: boolean
  /** The model, where it was charged as the dearest because nobody has named its price; empty: the answer named none. */
  readonly unpricedModel?: string
}

/** How much passed; `status` is absent where no answer began. */
export interface Passed {
  readonly status?: number | undefined
  readonly requestBytes: number
  readonly answerBytes: number
}

/** Bytes that make a token at least, in what apps send and get. */
const bytesPerToken = 3

/** A cache costs this much of the price of input, by Anthropic's price page; OpenAI counts it as input. */
const cacheWriteFactor = 1.25
const cacheReadFactor = 0.1

const nothing: Cost = { usd: 0, isEstimated: false }

/**
 * The cost of a request that was sent under a rule: a price per request, or tokens by the price of their model.
 * Refusals and redirects of the outside cost nothing. What was sent and got no answer is estimated: a model may have
 * been at work when its time was up.
 */
export function costOf(
  { usdPerRequest, prices }: EgressRule['budget'],
  reader: UsageReader,
  { status, requestBytes, answerBytes }: Passed,
  operators: ModelPrices,
): Cost {
  if (usdPerRequest !== undefined) return { usd: usdPerRequest, isEstimated: false }
  const { usage, model } = reader
  if (!usage && status !== undefined && status >= 300) return nothing
  const { price, isKnown } = priceOf(model, prices, operators)
  const unpriced = isKnown ? {} : { unpricedModel: model ?? '' }
  if (usage) {
    const cached = usage.cacheWrite * cacheWriteFactor + usage.cacheRead * cacheReadFactor
    const usd = ((usage.input + cached) * price.input + usage.output * price.output) / 1_000_000
    return { usd, isEstimated: false, ...unpriced }
  }
  const sent = requestBytes / bytesPerToken
  const got = reader.events > 0 ? reader.events : answerBytes / bytesPerToken
  return { usd: (sent * price.input + got * price.output) / 1_000_000, isEstimated: true, ...unpriced }
}
