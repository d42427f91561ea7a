/** A wait. One that was begun in a request may be cut off with it. */
export function later(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
