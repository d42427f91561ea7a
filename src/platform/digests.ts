import type { Digests } from '#core/ports.ts'

/** Digests by workerd's own `DigestStream`, which hashes natively and keeps nothing of what passes. */
export const workerdDigests: Digests = {
  sha256() {
    const stream = new crypto.DigestStream('SHA-256')
    return { stream, digest: stream.digest.then(bytes => new Uint8Array(bytes)) }
  },
}
