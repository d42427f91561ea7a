/** What a model costs, in US dollars for a million tokens. */
export interface ModelPrice {
  readonly input: number
  readonly output: number
}

/**
 * List prices by the beginning of a model's name, as the vendors' price pages showed them in November 2026.
 * Prices change: a manifest overrides a row, or adds one, under `budget.prices`.
 */
export const modelPrices: Readonly<Record<string, ModelPrice>> = {
  'claude-3-haiku': { input: 0.25, output: 1.25 },
  'claude-3-5-haiku': { input: 0.8, output: 4 },
  'claude-3-5-sonnet': { input: 3, output: 15 },
  'claude-3-7-sonnet': { input: 3, output: 15 },
  'claude-haiku-4': { input: 1, output: 5 },
  'claude-opus-4': { input: 15, output: 75 },
  'claude-opus-4-5': { input: 5, output: 25 },
  'claude-sonnet-4': { input: 3, output: 15 },
  'gpt-4.1': { input: 2, output: 8 },
  'gpt-4.1-mini': { input: 0.4, output: 1.6 },
  'gpt-4.1-nano': { input: 0.1, output: 0.4 },
  'gpt-4o': { input: 2.5, output: 10 },
  'gpt-4o-mini': { input: 0.15, output: 0.6 },
  'gpt-5': { input: 1.25, output: 10 },
  'gpt-5-mini': { input: 0.25, output: 2 },
  'gpt-5-nano': { input: 0.05, output: 0.4 },
  o3: { input: 2, output: 8 },
  'o4-mini': { input: 1.1, output: 4.4 },
  'text-embedding-3-large': { input: 0.13, output: 0 },
  'text-embedding-3-small': { input: 0.02, output: 0 },
}

/** The price of a model: the row with the longest beginning of its name. A model that no row knows costs as much as the dearest. */
export function priceOf(model: string | undefined, own: Readonly<Record<string, ModelPrice>>): ModelPrice {
  const rows = { ...modelPrices, ...own }
  const [best] = Object.keys(rows)
    .filter(name => model?.startsWith(name))
    .sort((one, other) => other.length - one.length)
  const known = best === undefined ? undefined : rows[best]
  if (known) return known
  const all = Object.values(rows)
  return { input: Math.max(...all.map(({ input }) => input)), output: Math.max(...all.map(({ output }) => output)) }
}
