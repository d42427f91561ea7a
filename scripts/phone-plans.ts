import { writeFile } from 'node:fs/promises'
import metadata from 'libphonenumber-js/metadata.min.json'
import { nationalCountries, northAmerica } from '../src/core/masking/detectors/phones/countries.ts'

/** Where the worker reads the plans from. */
export const plansFile = new URL('../src/core/masking/detectors/phones/numbering-plans.json', import.meta.url)

type Row = readonly unknown[]

const rows = metadata.countries as unknown as Readonly<Record<string, Row>>
const worldwide = (metadata.nonGeographic ?? {}) as unknown as Readonly<Record<string, Row>>
const lengthsColumn = 3

/**
 * What the worker needs of libphonenumber's metadata, an eighth of its weight, which every isolate would load: the
 * plans of the countries whose numbers are known in national spelling, and for all others which lengths a number has
 * after its calling code. The columns are those of `metadata.min.json`, format 4 of libphonenumber-js.
 */
export function numberingPlans(): string {
  const countries = [...new Set([...nationalCountries, ...northAmerica])]
  const codes = Object.entries(metadata.country_calling_codes).map(
    ([code, within]) => [code, lengthsOf(within.map(country => rows[country] ?? []))] as const,
  )
  const others = Object.entries(worldwide).filter(([code]) => !(code in metadata.country_calling_codes))
  return `{
"plans": ${lines(countries.map(country => [country, planOf(rows[country] ?? [])]))},
"lengths": ${lines([...codes, ...others.map(([code, row]) => [code, lengthsOf([row])] as const)])}
}
`
}

function lengthsOf(plans: readonly Row[]): number[] {
  return [...new Set(plans.flatMap(row => row[lengthsColumn] as number[]))].sort((a, b) => a - b)
}

/** An object with a member on each line, so that a new release of the library shows as the countries it changes. */
function lines(members: readonly (readonly [string, unknown])[]): string {
  return `{\n${members.map(([name, value]) => `${JSON.stringify(name)}: ${JSON.stringify(value)}`).join(',\n')}\n}`
}

function planOf(row: Row): unknown {
  const [, , pattern, lengths, , trunkPrefix, , trunkPrefixForParsing, transform, , , types] = row
  const patterns = ((types || []) as readonly (readonly [string] | 0)[]).flatMap(type => (type ? [type[0]] : []))
  return [pattern, lengths, trunkPrefixForParsing || trunkPrefix || 0, transform || 0, patterns]
}

if (import.meta.main) await writeFile(plansFile, numberingPlans())
