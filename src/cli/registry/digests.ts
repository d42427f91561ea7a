import { availableParallelism } from 'node:os'
import { Worker } from 'node:worker_threads'
import { type Digested, type Digests, digestEach } from './digest-each.ts'
import { refuse } from './judgements.ts'

/** Files that are worth a thread of their own: below that it would take longer to begin than to end. */
const filesPerThread = 2_500

/**
 * The apps and digests of manifest files, read by as many threads as there are processors, the
 * caller's among them.
 *
 * @throws Failure that lists every file that is no YAML or names no app
 */
export async function digestsOf(files: readonly string[]): Promise<readonly Digested[]> {
  const threads = Math.min(availableParallelism(), Math.ceil(files.length / filesPerThread))
  const size = Math.ceil(files.length / threads)
  const shares = Array.from({ length: threads }, (_, n) => files.slice(n * size, (n + 1) * size))
  const [own = [], ...others] = shares
  const begun = others.map(inThread)
  const read = await Promise.all([(async () => digestEach(own))(), ...begun])
  const problems = read.flatMap(one => one.problems)
  if (problems.length > 0) throw refuse('The registry is refused', problems)
  return read.flatMap(one => one.digested)
}

function inThread(files: readonly string[]): Promise<Digests> {
  return new Promise((resolve, reject) => {
    const worker = new Worker(new URL('./digests-thread.ts', import.meta.url), { workerData: files })
    worker.once('message', resolve)
    worker.once('error', reject)
    worker.once('exit', code => reject(new Error(`a thread that reads manifests ended with ${code}`)))
  })
}
