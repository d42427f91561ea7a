import canonicalize from 'canonicalize'
import { sha256Hex, utf8Bytes } from '#core/encoding.ts'

/**
 * The digest of a manifest as its author wrote it: `sha256:<hex>` over its canonical JSON (RFC 8785).
 * Equal manifests have equal digests, whatever the order of their keys; defaults are not filled in first,
 * so a default that changes later changes no digest.
 */
export async function digestOf(document: unknown): Promise<string> {
  return `sha256:${await sha256Hex(utf8Bytes(canonicalText(document)))}`
}

/** What a digest is over: canonical JSON. */
export function canonicalText(document: unknown): string {
  return canonicalize(document) ?? ''
}
