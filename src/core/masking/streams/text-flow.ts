/** A text that comes in pieces and leaves in pieces. What leaves, joined, is the same however it came in pieces. */
export interface TextFlow {
  /** Takes a piece, and gives what may leave now. */
  push(text: string): string
  /** Gives what was held back. */
  end(): string
}

/** So many spaces at the beginning tell that a text is no JSON. */
const mostSpaces = 64

/** Whether a text is JSON, as far as its beginning tells; `undefined` while it tells nothing. */
export function beginsJson(text: string): boolean | undefined {
  const trimmed = text.slice(0, mostSpaces).trimStart()
  if (trimmed === '') return text.length < mostSpaces ? undefined : false
  if (trimmed[0] !== '[') return trimmed[0] === '{'
  const second = trimmed.slice(1).trimStart()[0]
  if (second === undefined) return text.length < mostSpaces ? undefined : false
  return second === '{' || second === '"'
}
