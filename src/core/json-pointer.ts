/** The value at a JSON pointer (RFC 6901) in a parsed document; `undefined` where there is none. */
export function atPointer(document: unknown, pointer: string): unknown {
  if (pointer === '') return document
  let here = document
  for (const token of pointer.slice(1).split('/')) {
    const name = token.replaceAll('~1', '/').replaceAll('~0', '~')
    if (typeof here !== 'object' || here === null || !Object.hasOwn(here, name)) return undefined
    here = (here as Record<string, unknown>)[name]
  }
  return here
}
