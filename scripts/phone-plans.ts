import { writeFile } from 'node:fs/promises'
import metadata from 'libphonenumber-js/metadata.min.json'

/** Where the worker reads the plans from. */
export const plansFile = new URL('../src/core/masking/detectors/phones/numbering-plans.json', import.meta.url)

type Row = readonly unknown[]

const rows = metadata.countries as unknown as Readonly<Record<string, Row>>
const worldwide = metadata.nonGeographic as unknown as Readonly<Record<string, Row>>

/**
 * What deciding about a number needs of libphonenumber's metadata: the plans of all countries by calling code, in the
 * order in which the library asks them, and under their names where several share a code. How numbers are formatted
 * and dialled from abroad is left out, half the weight. The columns are those of `metadata.min.json`, format 4 of
 * libphonenumber-js; `metadata.ts` gives the plans that shape again.
 */
export function numberingPlans(): string {
  const codes = Object.entries(metadata.country_calling_codes).map(([code, countries]): [string, string] => [
    code,
    countries.length === 1
      ? JSON.stringify(planOf(rows[countries[0] ?? '']))
      : object(countries.map((country, place) => [country, JSON.stringify(planOf(rows[country], place === 0))])),
  ])
  const others = Object.entries(worldwide).map(([code, row]): [string, string] => [code, JSON.stringify(planOf(row))])
  return `${object([...codes, ...others])}\n`
}

/** An object with a member on each line, so that a new release of the library shows as the countries it changes. */
function object(members: readonly (readonly [string, string])[]): string {
  return `{\n${members.map(([name, value]) => `${JSON.stringify(name)}: ${value}`).join(',\n')}\n}`
}

/**
 * Of countries that share a code, the first one says how a trunk prefix is left out. Of each kind of numbers, its
 * pattern will do, which tells their lengths too.
 */
function planOf(row: Row = [], isFirst = true): unknown[] {
  const [, , pattern, lengths, , trunk, , trunkForParsing, transform, , leading, ofKinds] = row
  const kinds = ofKinds && (ofKinds as readonly (readonly unknown[] | 0)[]).map(kind => (kind ? kind[0] : 0))
  const plan = [pattern, lengths, isFirst && (trunkForParsing || trunk), isFirst && transform, leading, kinds]
  while (!plan.at(-1)) plan.pop()
  return plan.map(column => column || 0)
}

if (import.meta.main) await writeFile(plansFile, numberingPlans())
