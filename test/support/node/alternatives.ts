/** The alternatives at the top of a pattern, or within the one group that it is. */
export function alternatives(source: string): string[] {
  const parts = ['']
  let depth = 0
  for (const [token] of source.matchAll(/\\.|\[(?:\\.|[^\]])*\]|[\s\S]/g)) {
    if (token === '(') depth++
    if (token === ')') depth--
    if (token === '|' && depth === 0) parts.push('')
    else parts[parts.length - 1] += token
  }
  const inner = /^\(\?:([\s\S]*)\)$/.exec(source)?.[1]
  if (parts.length > 1) return parts
  return inner !== undefined && isBalanced(inner) ? alternatives(inner) : parts
}

function isBalanced(text: string): boolean {
  let depth = 0
  for (const [token] of text.matchAll(/\\.|\[(?:\\.|[^\]])*\]|[\s\S]/g)) {
    if (token === '(') depth++
    if (token === ')' && --depth < 0) return false
  }
  return depth === 0
}
