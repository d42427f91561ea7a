import { readFileSync } from 'node:fs'
import type { Problem } from '#core/fault.ts'
import { atPointer } from '#core/json-pointer.ts'
import { digestOf } from '#core/manifest/digest.ts'
import { readYaml } from '#core/manifest/yaml.ts'

/** A manifest's file by what it is compared by; it is not checked yet. */
export interface Digested {
  readonly file: string
  readonly app: string
  readonly digest: string
}

export type Digests = { readonly digested: readonly Digested[]; readonly problems: readonly Problem[] }

/** Reads files for their apps and digests. It loads little, since each thread that does this loads it anew. */
export async function digestEach(files: readonly string[]): Promise<Digests> {
  const digested: Digested[] = []
  const problems: Problem[] = []
  for (const file of files) {
    // a thread has nothing else to do meanwhile, and waiting for each small file costs more than reading it
    const read = readYaml(readFileSync(file, 'utf8'), file)
    if (read.kind === 'refused') {
      problems.push(...read.problems)
      continue
    }
    const app = atPointer(read.document, '/metadata/name')
    if (typeof app === 'string') digested.push({ file, app, digest: await digestOf(read.document) })
    else problems.push({ file, path: 'metadata.name', reason: 'is missing', remedy: 'Name the app.' })
  }
  return { digested, problems }
}
