const hyphen = 45
const uuid = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i
const moment = /^\d{4}-\d\d-\d\dT\d\d:\d\d(?::\d\d(?:\.\d{1,9})?)?(?:Z|[+-]\d\d:?\d\d)$/

/** Is the whole text a UUID (RFC 9562) or a moment (RFC 3339)? Such texts are many, and hold nothing by themselves. */
export function isIdentifierOrMoment(text: string): boolean {
  if (text.length === 36) return text.charCodeAt(8) === hyphen && uuid.test(text)
  return text.length >= 17 && text.length < 36 && text.charCodeAt(4) === hyphen && moment.test(text)
}
