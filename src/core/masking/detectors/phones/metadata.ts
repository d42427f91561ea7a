import type { MetadataJson } from 'libphonenumber-js/core/es6'
import numberingPlans from './numbering-plans.json' with { type: 'json' }

/** What `npm run phone-plans` takes over of a numbering plan; a 0 stands for what it does not have. */
export type PlanRow = readonly [
  pattern: string,
  lengths: readonly number[],
  /** What is dialled before a number within the country, and what else it may be replaced with. */
  trunk?: string | 0,
  transform?: string | 0,
  /** What numbers of the country begin with, where it shares its calling code. */
  leading?: string | 0,
  /** Where the pattern of all numbers is not enough, those of each kind: 0 for none, empty for that of the first kind. */
  kinds?: readonly (string | 0)[],
]

type Plans = PlanRow | Readonly<Record<string, PlanRow>>

const plans = numberingPlans as unknown as Readonly<Record<string, Plans>>

/** The plans that share a calling code, by country, the main one first. One that is alone has its code for a name. */
export function plansUnder(code: string): readonly (readonly [country: string, row: PlanRow])[] {
  const own = Object.hasOwn(plans, code) ? plans[code] : undefined
  if (!own) return []
  return isRow(own) ? [[code, own]] : Object.entries(own)
}

function isRow(own: Plans): own is PlanRow {
  return Array.isArray(own)
}

let made: MetadataJson | undefined

/**
 * The plans in the shape that libphonenumber-js asks for (format 4), without what only formatting needs; kept once
 * made. A plan that is alone under its code stands where those of no country do, since nobody asks for it by name.
 */
export function metadata(): MetadataJson {
  made ??= shaped()
  return made
}

function shaped(): MetadataJson {
  const shared: Record<string, string[]> = {}
  const countries: Record<string, unknown> = {}
  const alone: Record<string, unknown> = {}
  for (const code of Object.keys(plans)) {
    for (const [country, row] of plansUnder(code)) {
      if (country === code) alone[code] = columnsOf(code, row)
      else {
        countries[country] = columnsOf(code, row)
        shared[code] = [...(shared[code] ?? []), country]
      }
    }
  }
  return { version: 4, country_calling_codes: shared, countries, nonGeographic: alone } as unknown as MetadataJson
}

function columnsOf(code: string, [pattern, lengths, trunk = 0, transform = 0, leading = 0, kinds]: PlanRow): unknown[] {
  const types = kinds?.map(kind => (kind === 0 ? 0 : [kind])) ?? 0
  return [code, 0, pattern, lengths, [], 0, 0, trunk, transform, 0, leading, types]
}
