import * as z from 'zod'

/** Where a secret lies in Vault: `vault://<mount>/<path>#<field>`. */
export interface VaultReference {
  readonly mount: string
  readonly path: string
  readonly field: string
}

const reference = /^vault:\/\/([\w-]+)\/((?:[\w.-]+\/)*[\w.-]+)#([\w.-]+)$/

/** The reference that a secret's value is, if it is one. */
export function vaultReference(value: string): VaultReference | undefined {
  const [, mount, path, field] = reference.exec(value) ?? []
  if (mount === undefined || path === undefined || field === undefined || /(^|\/)\.{1,2}(\/|$)/.test(path))
    return undefined
  return { mount, path, field }
}

const Answer = z.object({ data: z.object({ data: z.record(z.string(), z.unknown()) }) })

/** How long Vault may take, and how large its answer may be. */
const timeoutMs = 3_000
const maxCharacters = 1_048_576

/**
 * Reads one field of a secret from a KV version 2 engine (Vault HTTP API, `GET /v1/:mount/data/:path`).
 *
 * @throws Error that names mount and path, never a value or the token
 */
export async function readVault(
  { mount, path, field }: VaultReference,
  vault: { readonly address: string; readonly token: string },
  fetching: (url: string, request: RequestInit) => Promise<Response>,
): Promise<string> {
  const response = await fetching(`${vault.address}/v1/${mount}/data/${path}`, {
    headers: { 'x-vault-token': vault.token, 'x-vault-request': 'true' },
    redirect: 'error',
    signal: AbortSignal.timeout(timeoutMs),
  })
  const text = await response.text()
  if (!response.ok || text.length > maxCharacters)
    throw new Error(`Vault answers ${response.status} for ${mount}/${path}`)
  const value = Answer.safeParse(jsonOf(text)).data?.data.data[field]
  if (typeof value !== 'string') throw new Error(`${mount}/${path} has no text field ${field} in Vault`)
  return value
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return undefined
  }
}
