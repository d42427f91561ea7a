import { type Edit, spliced } from './edit.ts'

/** A text as it was before masking changed a part of it; what stands around that part was only looked at. */
export interface Origin {
  readonly text: string
  /** Where the part begins, and where it ends. */
  readonly from: number
  readonly until: number
  /** In the text's offsets. */
  readonly edits: readonly Edit[]
}

/** More changed texts than nearly any body has. */
const maxOrigins = 20_000

/** What the texts were that masking changed, to be asked by what they became. */
export class Origins {
  #noted: Origin[] = []
  #byOutput: Map<string, Origin[]> | undefined

  note(origin: Origin): void {
    if (this.#noted.length >= maxOrigins) return
    this.#noted.push(origin)
    this.#byOutput = undefined
  }

  /** All that became this text; hardly anybody asks, so they are put in order only then. */
  of(output: string): readonly Origin[] {
    this.#byOutput ??= Map.groupBy(this.#noted, masked)
    return this.#byOutput.get(output) ?? []
  }

  clear(): void {
    if (this.#noted.length === 0) return
    this.#noted = []
    this.#byOutput = undefined
  }
}

/** What the part became. */
export function masked({ text, from, until, edits }: Origin): string {
  return spliced(
    text.slice(from, until),
    edits.map(edit => ({ ...edit, start: edit.start - from, end: edit.end - from })),
  )
}

/** What masking left of the part: where it stands in what came out, and where it stood in the text. */
export interface Kept {
  readonly start: number
  readonly end: number
  readonly came: number
}

/** All that masking left, in order. */
export function kept({ from, until, edits }: Origin): Kept[] {
  const all: Kept[] = []
  let came = from
  let start = 0
  for (const edit of [...edits, { start: until, end: until, text: '' }]) {
    const end = start + edit.start - came
    if (end > start) all.push({ start, end, came })
    start = end + edit.text.length
    came = edit.end
  }
  return all
}

/** Of stretches in order, which do not overlap, the place of the first that ends after an offset. */
export function placeAfter(stretches: readonly { readonly end: number }[], offset: number): number {
  let low = 0
  let high = stretches.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if ((stretches[middle]?.end ?? 0) > offset) high = middle
    else low = middle + 1
  }
  return low
}
