import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import type { Problem } from '#core/fault.ts'
import { atPointer } from '#core/json-pointer.ts'
import { canonicalText } from '#core/manifest/digest.ts'
import { readYaml } from '#core/manifest/yaml.ts'

/** A manifest's file by what it is compared by; it is not checked yet. */
export interface Digested {
  readonly file: string
  readonly app: string
  readonly digest: string
}

export type Digests = { readonly digested: readonly Digested[]; readonly problems: readonly Problem[] }

/**
 * Reads files for their apps and digests, without waiting for anything: handing each small file or text to a thread of
 * Node's costs more than reading or hashing it. It loads little, since each thread that does this loads it anew.
 */
export function digestEach(files: readonly string[]): Digests {
  const digested: Digested[] = []
  const problems: Problem[] = []
  for (const file of files) {
    const read = readYaml(readFileSync(file, 'utf8'), file)
    if (read.kind === 'refused') {
      problems.push(...read.problems)
      continue
    }
    const app = atPointer(read.document, '/metadata/name')
    if (typeof app === 'string') digested.push({ file, app, digest: digestOf(read.document) })
    else problems.push({ file, path: 'metadata.name', reason: 'is missing', remedy: 'Name the app.' })
  }
  return { digested, problems }
}

/** The digest that `#core/manifest/digest.ts` gives a document. */
function digestOf(document: unknown): string {
  return `sha256:${hash('sha256', canonicalText(document))}`
}
