/**
 * Whether an object in a JSON text has a name twice, of which each reader takes the one it likes (RFC 8259 §4).
 *
 * @param value the text, parsed
 */
export function hasNameTwice(text: string, value: unknown): boolean {
  return namesWritten(text) !== namesKept(value)
}

/** How many member names stand in a JSON text; parsing has shown that it is one, so every string is whole. */
function namesWritten(text: string): number {
  let names = 0
  for (const [, colon] of text.matchAll(/"(?:[^"\\]|\\.)*"\s*(:)?/g)) if (colon) names++
  return names
}

/** How many member names a parsed value still has; however deep it is, it is not walked by recursion. */
function namesKept(value: unknown): number {
  let names = 0
  const rest = [value]
  while (rest.length > 0) {
    const next = rest.pop()
    if (typeof next !== 'object' || next === null) continue
    const children: unknown[] = Object.values(next)
    if (!Array.isArray(next)) names += children.length
    for (const child of children) rest.push(child)
  }
  return names
}
