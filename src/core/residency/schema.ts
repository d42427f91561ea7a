import * as z from 'zod'
import { HeaderName, JsonPointer } from '#core/manifest/patterns.ts'
import { RegionName } from '#core/names.ts'
import { onAnyObject } from '#core/on-any-object.ts'

/** What in a request names its region. */
const Selector = z
  .strictObject({
    pointer: JsonPointer.optional().describe('Where the body, as JSON, names the region'),
    claim: z.string().min(1).max(256).optional().describe("The claim of the caller's token that names the region"),
    header: HeaderName.optional().describe('The header that names the region'),
    geo: z.literal(true).optional().describe('The region of the country that the request comes from'),
  })
  .refine(by => Object.values(by).filter(value => value !== undefined).length === 1, {
    error: 'must be exactly one of pointer, claim, header and geo',
    ...onAnyObject,
  })

/** Where an app's payloads may rest and be sent. Absent from a manifest: anywhere. */
export const Residency = z
  .strictObject({
    regions: z
      .array(RegionName)
      .min(1)
      .max(16)
      .refine(names => new Set(names).size === names.length, { error: 'names a region twice' })
      .describe('Names that the operator has given to regions'),
    by: Selector.optional(),
    default: RegionName.optional().describe('The region of a request that names none'),
  })
  .superRefine(({ regions, by, default: fallback }, { addIssue }) => {
    const complain = (path: string, message: string, remedy: string) =>
      addIssue({ code: 'custom', path: [path], input: fallback, message, params: { remedy } })
    if (!Array.isArray(regions)) return
    if (fallback !== undefined && !regions.includes(fallback))
      complain('default', 'is not one of `regions`', `Use one of: ${regions.join(', ')}.`)
    if (by === undefined && fallback === undefined && regions.length > 1)
      complain(
        'by',
        'is required where there are several regions and no default',
        'Say what names the region, or add `default`.',
      )
  }, onAnyObject)

export type Residency = z.infer<typeof Residency>
