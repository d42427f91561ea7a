/** A word as authors of APIs write them: what stands for a person, a thing or a secret looks otherwise. */
const word = /^(?:v\d{1,3}|[A-Za-z]+(?:[._-][A-Za-z]+){0,5})$/
const maxWordCharacters = 32
const maxSegments = 8

/**
 * A path without what may be anybody's: every segment that is not a plain word is `*`, and so is what lies
 * deeper than eight segments.
 */
export function pathTemplate(pathname: string): string {
  const segments = pathname.split('/').slice(1)
  const shown = segments.slice(0, maxSegments).map(segment => {
    return segment === '' || (segment.length <= maxWordCharacters && word.test(segment)) ? segment : '*'
  })
  return `/${[...shown, ...(segments.length > maxSegments ? ['*'] : [])].join('/')}`
}
