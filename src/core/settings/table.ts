/** What a variable holds that is a table, or the same as JSON text; text that is no JSON stays as it is, for the schema to refuse. */
export function tableIn(value: unknown): unknown {
  if (typeof value !== 'string') return value
  try {
    return JSON.parse(value)
  } catch {
    return value
  }
}
