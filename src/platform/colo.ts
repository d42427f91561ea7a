/** Cloudflare's data centre that this isolate runs in, by its airport's code; empty elsewhere. */
let colo = ''

/** Learns from a request where this isolate runs. */
export function noteColo(request: Request): void {
  const found = (request as { cf?: { colo?: unknown } }).cf?.colo
  if (typeof found === 'string') colo = found
}

/** One of so many copies: the same for all isolates of a data centre, so that the copy stands near them. */
export function nearest(copies: number): number {
  let hash = 0
  for (const character of colo) hash = (hash * 31 + character.charCodeAt(0)) >>> 0
  return hash % copies
}
