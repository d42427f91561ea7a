import { writeFile } from 'node:fs/promises'
import metadata from 'libphonenumber-js/metadata.min.json'

/** Where the worker reads the plans from. */
export const plansFile = new URL('../src/core/masking/detectors/phones/numbering-plans.json', import.meta.url)

/**
 * libphonenumber's metadata without what only formatting and carrier lookup need: half of its weight, which
 * every isolate would load. The columns are those of `metadata.min.json`, format 4 of libphonenumber-js.
 */
export function numberingPlans(): string {
  const countries = Object.entries(metadata.countries as Readonly<Record<string, readonly unknown[]>>)
  const worldwide = Object.entries((metadata.nonGeographic ?? {}) as Readonly<Record<string, readonly unknown[]>>)
  return `{
"countries": ${lines(countries.map(([country, row]) => [country, planOf(row)]))},
"callingCodes": ${lines(Object.entries(metadata.country_calling_codes))},
"worldwideLengths": ${lines(worldwide.map(([code, row]) => [code, row[3]]))}
}
`
}

/** An object with a member on each line, so that a new release of the library shows as the countries it changes. */
function lines(members: readonly (readonly [string, unknown])[]): string {
  return `{\n${members.map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`).join(',\n')}\n}`
}

function planOf(row: readonly unknown[]): unknown {
  const [, , pattern, lengths, , trunkPrefix, , trunkPrefixForParsing, transform, , , types] = row
  const patterns = ((types || []) as readonly (readonly [string] | 0)[]).flatMap(type => (type ? [type[0]] : []))
  return [pattern, lengths, trunkPrefixForParsing || trunkPrefix || 0, transform || 0, patterns]
}

if (import.meta.main) await writeFile(plansFile, numberingPlans())
