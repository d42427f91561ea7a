import { closest, distance } from 'fastest-levenshtein'
import type * as z from 'zod'
import type { Problem } from '#core/fault.ts'

export type Path = readonly (string | number)[]

/** A problem before its line is known: the path is still a list, so that a document can be searched for it. */
export interface Finding extends Omit<Problem, 'path' | 'file' | 'line'> {
  readonly at: Path
}

/** Everything zod found, as problems with a reason and a remedy; an unknown key comes with its nearest neighbour. */
export function findings(error: z.ZodError, schema: z.ZodType): Finding[] {
  return error.issues.flatMap(issue => {
    const at = issue.path.map(part => (typeof part === 'number' ? part : String(part)))
    if (issue.code === 'unrecognized_keys') return issue.keys.map(key => unknownKey(at, key, knownKeys(schema, at)))
    if (issue.code === 'invalid_key') {
      return [
        {
          at,
          reason: issue.issues[0]?.message ?? 'not a valid name',
          remedy: 'Rename it: lower-case words joined by hyphens.',
        },
      ]
    }
    if (issue.code === 'invalid_value') return [notOneOf(at, issue.values.map(String), issue.input)]
    if (issue.code === 'invalid_type' && issue.input === undefined) {
      return [{ at, reason: 'is required', remedy: `Add it: ${describe(issue.expected)}.` }]
    }
    if (issue.code === 'invalid_type')
      return [{ at, reason: `must be ${describe(issue.expected)}`, remedy: 'Change the value to that type.' }]
    const { remedy = remedies[issue.code] ?? 'Change the value so that it holds.' } = ownWords(issue)
    return [{ at, reason: boundOf(issue) ?? issue.message, remedy }]
  })
}

/** A path as it is shown: `spec.upstreams[0].url`. */
export function pathText(path: Path): string {
  return (
    path.reduce<string>(
      (text, part) => (typeof part === 'number' ? `${text}[${part}]` : text ? `${text}.${part}` : part),
      '',
    ) || '(document)'
  )
}

const units: Readonly<Record<string, string>> = { string: 'character', array: 'item' }

/** A bound in our words, where the schema has none of its own. */
function boundOf(issue: z.core.$ZodIssue): string | undefined {
  if (!/^Too (big|small):/.test(issue.message)) return undefined
  if (issue.code !== 'too_big' && issue.code !== 'too_small') return undefined
  const [limit, open, closed] =
    issue.code === 'too_big' ? [issue.maximum, 'less than', 'at most'] : [issue.minimum, 'more than', 'at least']
  const bound = `${issue.inclusive === false ? open : closed} ${limit}`
  const unit = units[issue.origin]
  return unit ? `must have ${bound} ${unit}${Number(limit) === 1 ? '' : 's'}` : `must be ${bound}`
}

/** A check of ours may bring its own remedy. */
function ownWords(issue: z.core.$ZodIssue): { readonly remedy?: string } {
  const remedy = issue.code === 'custom' ? issue.params?.remedy : undefined
  return typeof remedy === 'string' ? { remedy } : {}
}

const remedies: Record<string, string> = {
  too_big: 'Use a value within the bound.',
  too_small: 'Use a value within the bound.',
  invalid_format: 'Write it in the form named.',
}

function unknownKey(at: Path, key: string, known: readonly string[]): Finding {
  const near = nearest(key, known)
  const remedy = near ? `Did you mean \`${near}\`?` : `Remove it; known here: ${known.join(', ') || 'nothing'}.`
  return { at: [...at, key], reason: 'is not a known field', remedy }
}

function notOneOf(at: Path, values: readonly string[], input: unknown): Finding {
  if (input === undefined) return { at, reason: 'is required', remedy: `Add it: ${values.join(' | ')}.` }
  const near = typeof input === 'string' ? nearest(input, values) : undefined
  return {
    at,
    reason: `must be one of: ${values.join(', ')}`,
    remedy: near ? `Did you mean \`${near}\`?` : 'Use one of these values.',
  }
}

/** The closest of the known words, unless even that one is too far off to be a slip of the pen. */
export function nearest(word: string, known: readonly string[]): string | undefined {
  if (known.length === 0) return undefined
  const best = closest(word, known)
  return distance(word, best) <= Math.max(2, Math.floor(word.length / 3)) ? best : undefined
}

/** The names a schema knows at a path, found by walking zod's own definition. */
function knownKeys(schema: z.ZodType, path: Path): string[] {
  let here: z.core.$ZodType | undefined = unwrapped(schema)
  for (const part of path) here = unwrapped(stepInto(here, part))
  const definition = here?._zod.def as { shape?: Record<string, unknown> } | undefined
  return Object.keys(definition?.shape ?? {})
}

type Definition = {
  shape?: Record<string, z.core.$ZodType>
  element?: z.core.$ZodType
  valueType?: z.core.$ZodType
  innerType?: z.core.$ZodType
  in?: z.core.$ZodType
}

function stepInto(schema: z.core.$ZodType | undefined, part: string | number): z.core.$ZodType | undefined {
  const definition = schema?._zod.def as Definition | undefined
  return definition?.shape?.[part] ?? definition?.element ?? definition?.valueType
}

function unwrapped(schema: z.core.$ZodType | undefined): z.core.$ZodType | undefined {
  const definition = schema?._zod.def as Definition | undefined
  const inner = definition?.innerType ?? definition?.in
  return inner ? unwrapped(inner) : schema
}

function describe(expected: string): string {
  return /^[aeiou]/.test(expected) ? `an ${expected}` : `a ${expected}`
}
