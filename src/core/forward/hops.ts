/** The hop at which a request has passed gateways so often that it must be going in a circle. */
const hopTooMany = 5

/** How many gateways a request says it has passed; what is no number counts as none. */
export function hopsOf(headers: Pick<Headers, 'get'>): number {
  return Number(/^\d+$/.exec(headers.get('gatehouse-hops') ?? '')?.[0] ?? 0)
}

/** Whether one more hop would be one too many. */
export function isLooping(hops: number): boolean {
  return hops + 1 >= hopTooMany
}
