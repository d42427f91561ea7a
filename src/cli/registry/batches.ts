import { type Publication, type RegistryItem, registryItems } from '#core/manifest/publish.ts'
import { exitCodes, Failure } from '../output.ts'

/** Apps whose names a failure lists; of more it says how many. */
const missingListed = 20

interface Batching {
  /** Apps that are written at once. */
  readonly size: number
  readonly put: (items: readonly RegistryItem[]) => Promise<void>
  readonly progress: (done: number, all: number) => void
}

/**
 * Writes publications batch by batch, each whole: its revisions before its pointers. So a push that ends half-way
 * leaves a registry in which every pointer leads somewhere, and the same push again writes what is missing.
 *
 * @param fleet the rules that go with the first batch
 * @throws Failure that says what is not in force
 */
export async function putInBatches(
  publications: readonly Publication[],
  fleet: RegistryItem | undefined,
  { size, put, progress }: Batching,
): Promise<void> {
  if (publications.length === 0) return fleet && put([fleet])
  for (let done = 0; done < publications.length; ) {
    const batch = publications.slice(done, done + size)
    try {
      await put(registryItems(batch, done === 0 ? fleet : undefined))
    } catch (error) {
      throw halfWay(
        error,
        publications.slice(done).map(({ app }) => app),
        publications.length,
      )
    }
    done += batch.length
    progress(done, publications.length)
  }
}

/** What a push says that ended half-way: what is missing, and how to go on. */
export function halfWay(error: unknown, missing: readonly string[], all: number): Failure {
  const listed = missing.slice(0, missingListed).join(', ')
  const more = missing.length > missingListed ? ` and ${missing.length - missingListed} more` : ''
  const why = error instanceof Error ? error.message : String(error)
  const what = `${all - missing.length} of ${all} apps are written; not in force: ${listed}${more}.`
  return new Failure(`${why}\n${what}\nPush again: it goes on with what is missing.`, exitCodes.unreachable)
}
