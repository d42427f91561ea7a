import * as z from 'zod'
import { tableIn } from '#core/settings/table.ts'

/** What a model costs. */
export const ModelPrice = z.strictObject({
  input: z.number().min(0).max(10_000).describe('US dollars for a million tokens sent'),
  output: z.number().min(0).max(10_000).describe('US dollars for a million tokens got'),
})

export type ModelPrice = z.infer<typeof ModelPrice>

/** Prices by the beginning of a model's name; the longest one counts. */
export const ModelPrices = z.record(z.string().min(1).max(128), ModelPrice, {
  error: 'must be a table of prices by the beginning of a model’s name, or one as JSON',
})

export type ModelPrices = z.infer<typeof ModelPrices>

/** The setting `MODEL_PRICES`: a table, or the same as JSON text. */
export const ModelPricesSetting = z.preprocess(tableIn, ModelPrices)

/**
 * List prices, for those who name none: a snapshot, not a promise. Taken in November 2026 from
 * https://platform.claude.com/docs/en/about-claude/pricing and, for OpenAI, from tables that quote
 * https://developers.openai.com/api/docs/pricing of March to June 2026. A row is about its very model, dated names
 * included: what is called alike may cost ten times as much.
 */
const listPrices: ModelPrices = {
  'claude-3-haiku': { input: 0.25, output: 1.25 },
  'claude-3-5-haiku': { input: 0.8, output: 4 },
  'claude-3-7-sonnet': { input: 3, output: 15 },
  'claude-haiku-4-5': { input: 1, output: 5 },
  'claude-opus-4': { input: 15, output: 75 },
  'claude-opus-4-1': { input: 15, output: 75 },
  'claude-opus-4-5': { input: 5, output: 25 },
  'claude-opus-4-6': { input: 5, output: 25 },
  'claude-sonnet-4': { input: 3, output: 15 },
  'claude-sonnet-4-5': { input: 3, output: 15 },
  'claude-sonnet-4-6': { input: 3, output: 15 },
  'gpt-4.1': { input: 2, output: 8 },
  'gpt-4.1-mini': { input: 0.4, output: 1.6 },
  'gpt-4.1-nano': { input: 0.1, output: 0.4 },
  'gpt-4o': { input: 2.5, output: 10 },
  'gpt-4o-2024-05-13': { input: 5, output: 15 },
  'gpt-4o-mini': { input: 0.15, output: 0.6 },
  'gpt-5': { input: 1.25, output: 10 },
  'gpt-5-mini': { input: 0.25, output: 2 },
  'gpt-5-nano': { input: 0.05, output: 0.4 },
  'gpt-5-pro': { input: 15, output: 120 },
  'gpt-5.4': { input: 2.5, output: 15 },
  'gpt-5.4-mini': { input: 0.75, output: 4.5 },
  'gpt-5.5': { input: 5, output: 30 },
  'gpt-5.5-pro': { input: 30, output: 180 },
  o3: { input: 2, output: 8 },
  'o4-mini': { input: 1.1, output: 4.4 },
  'text-embedding-3-large': { input: 0.13, output: 0 },
  'text-embedding-3-small': { input: 0.02, output: 0 },
}

/** What a listed name may end in and still be that model: the date of a version, or `latest`. */
const version = /-(?:\d{4}-\d{2}-\d{2}|\d{8}|latest)$/

/** The price of a model, and whether anybody named it. */
export interface Priced {
  readonly price: ModelPrice
  readonly isKnown: boolean
}

/**
 * The price of a model: that of the manifest, else of the operator, else the list's. A model that nobody knows
 * costs as much as the dearest known: a budget must not last longer because a name is new.
 *
 * @param own the manifest's, by the beginning of a name
 * @param operators the setting `MODEL_PRICES`, likewise
 */
export function priceOf(model: string | undefined, own: ModelPrices, operators: ModelPrices = {}): Priced {
  const price =
    model === undefined
      ? undefined
      : (longest(model, own) ??
        longest(model, operators) ??
        row(listPrices, model) ??
        row(listPrices, model.replace(version, '')))
  if (price) return { price, isKnown: true }
  const all = [listPrices, operators, own].flatMap(rows => Object.values(rows))
  const dearest = (of: (price: ModelPrice) => number) => all.reduce((most, each) => Math.max(most, of(each)), 0)
  return { price: { input: dearest(({ input }) => input), output: dearest(({ output }) => output) }, isKnown: false }
}

function longest(model: string, rows: ModelPrices): ModelPrice | undefined {
  const [best] = Object.keys(rows)
    .filter(name => model.startsWith(name))
    .sort((one, other) => other.length - one.length)
  return best === undefined ? undefined : rows[best]
}

function row(rows: ModelPrices, name: string): ModelPrice | undefined {
  return Object.hasOwn(rows, name) ? rows[name] : undefined
}
