import * as z from 'zod'
import { RegionName } from '#core/names.ts'
import { tableIn } from '#core/settings/table.ts'

const Binding = z.string().regex(/^[A-Z][A-Z0-9_]{0,62}$/, { error: 'must be the name of a binding' })

/** Where Durable Objects may be pinned: law binds a jurisdiction, nothing binds a hint. */
const jurisdictions = ['eu', 'us', 'fedramp', 'fedramp-high'] as const
const hints = ['wnam', 'enam', 'sam', 'weur', 'eeur', 'apac', 'oc', 'afr', 'me'] as const

/** One region as the operator sets it up: where its objects stand, and the bindings that stand there with them. */
export const Region = z
  .strictObject({
    jurisdiction: z.enum(jurisdictions).optional(),
    hint: z.enum(hints).optional(),
    bucket: Binding,
    deadLetters: Binding,
    spill: Binding,
    /** Whose callers are of this region, for `by: {geo: true}`: ISO 3166-1 alpha-2, and Cloudflare's two-letter continents. */
    countries: z.array(z.string().regex(/^[A-Z]{2}$/)).default([]),
    continents: z.array(z.enum(['AF', 'AN', 'AS', 'EU', 'NA', 'OC', 'SA'])).default([]),
  })
  .refine(({ jurisdiction, hint }) => (jurisdiction === undefined) !== (hint === undefined), {
    error: 'needs a jurisdiction or a hint, and not both',
  })

export type Region = z.infer<typeof Region>

/** The setting `REGIONS`: a table, or the same as JSON text. */
export const RegionsSetting = z.preprocess(
  tableIn,
  z
    .record(RegionName, Region, { error: 'must be a table of regions, or one as JSON' })
    .transform((table): Regions => new Map(Object.entries(table))),
)

/** The operator's regions by name. What lives in none of them is in the region `any`. */
export type Regions = ReadonlyMap<string, Region>

/** The region of everything that no residency binds. */
export const anyRegion = 'any'
