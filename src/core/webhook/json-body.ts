/** A body as JSON, parsed at most once and only if somebody asks; `undefined` when it is not JSON. */
export function parsedOnce(bytes: Uint8Array): () => unknown {
  let parsed: { readonly value: unknown } | undefined
  return () => {
    parsed ??= { value: parsedOrNothing(bytes) }
    return parsed.value
  }
}

function parsedOrNothing(bytes: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes))
  } catch {
    return undefined
  }
}
