/** How long work took, in ms. On workerd the clock moves only between turns, so it is read after one. */
export async function elapsedMs(work: () => unknown): Promise<number> {
  await turn()
  const startedMs = performance.now()
  work()
  await turn()
  return performance.now() - startedMs
}

function turn(): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, 1))
}
