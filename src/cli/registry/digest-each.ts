import { readFileSync } from 'node:fs'
import { parseDocument } from 'yaml'
import type { Problem } from '#core/fault.ts'
import { atPointer } from '#core/json-pointer.ts'
import { digestOf } from '#core/manifest/digest.ts'

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
    const text = readFileSync(file, 'utf8')
    const document = quicklyRead(text)
    const app = atPointer(document, '/metadata/name')
    if (typeof app === 'string') digested.push({ file, app, digest: await digestOf(document) })
    else problems.push(...(await problemsOf(text, file)))
  }
  return { digested, problems }
}

/** What `readYaml` reads, without the places of everything; `undefined` for what it refuses. */
function quicklyRead(text: string): unknown {
  const yaml = parseDocument(text, { schema: 'core', stringKeys: true, prettyErrors: false, logLevel: 'silent' })
  if (yaml.errors.length > 0 || yaml.warnings.length > 0) return undefined
  try {
    return yaml.toJS()
  } catch {
    return undefined
  }
}

async function problemsOf(text: string, file: string): Promise<readonly Problem[]> {
  const { readYaml } = await import('#core/manifest/yaml.ts')
  const read = readYaml(text, file)
  if (read.kind === 'refused') return read.problems
  return [{ file, path: 'metadata.name', reason: 'is missing', remedy: 'Name the app.' }]
}
