/** A piece of a text that is replaced by another. Offsets count UTF-16 code units, `end` is exclusive. */
export interface Edit {
  readonly start: number
  readonly end: number
  readonly text: string
}

/** The text with its pieces replaced; edits come in the order of the text and do not overlap. */
export function spliced(text: string, edits: readonly Edit[]): string {
  if (edits.length === 0) return text
  const parts: string[] = []
  let at = 0
  for (const { start, end, text: replacement } of edits) {
    parts.push(text.slice(at, start), replacement)
    at = end
  }
  parts.push(text.slice(at))
  return parts.join('')
}

/** Quotes, backslashes, control characters, halves of pairs. */
const escapable = /[^ !#-[\]-\ud7ff\ue000-\uffff]/

/** A text as it stands in a JSON string, without the quotes. */
export function jsonEscaped(text: string): string {
  return escapable.test(text) ? JSON.stringify(text).slice(1, -1) : text
}

/**
 * Edits of what a JSON string says, as edits of how it is spelled: all that is not replaced keeps its spelling.
 *
 * @param spelling the whole JSON text; `start` is where the string begins in it, after the quote
 */
export function inSpelling<Kind extends Edit>(
  edits: readonly Kind[],
  spelling: string,
  start: number,
  isEscaped: boolean,
): Kind[] {
  let said = 0
  let at = start
  const offsetOf = (place: number) => {
    if (!isEscaped) return start + place
    for (; said < place; said++) at += spelling.charCodeAt(at) !== 92 ? 1 : spelling.charCodeAt(at + 1) === 117 ? 6 : 2
    return at
  }
  return edits.map(edit => ({
    ...edit,
    start: offsetOf(edit.start),
    end: offsetOf(edit.end),
    text: jsonEscaped(edit.text),
  }))
}
