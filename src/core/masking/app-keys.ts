import { aessiv } from '@noble/ciphers/aes.js'
import { FF1 } from '@noble/ciphers/ff1.js'
import { hmac } from '@noble/hashes/hmac.js'
import { sha256 } from '@noble/hashes/sha2.js'
import { encode, utf8Bytes } from '#core/encoding.ts'
import { Fault } from '#core/fault.ts'
import { derivedKey } from '#core/secrets/derived-key.ts'
import type { Secret } from '#core/secrets/secret.ts'
import { readToken, spellToken } from './token.ts'

/** Longer values, in UTF-8 bytes, get no token: a prompt could not carry it. */
export const maxTokenizedBytes = 1024

const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/**
 * The keys with which one app's values become tokens, hashes and look-alikes. They come from the key-encryption key
 * and the app's name alone, so every isolate has the same ones and no map is shared.
 *
 * @throws Fault `secret-missing` when the gateway has no key-encryption key
 */
export async function appKeys(app: string, keyEncryptionKey: Secret | undefined): Promise<AppKeys> {
  if (!keyEncryptionKey) throw new Fault('secret-missing', 'GATEWAY_KEK is not set, and masking needs a key')
  return new AppKeys(app, await derivedKey(keyEncryptionKey, 'masking', app, 128))
}

/** What turns an app's values into others. The keys themselves cannot be read or printed. */
export class AppKeys {
  readonly app: string
  readonly tenant: string
  readonly #bytes: Uint8Array
  /** With the key taken in, which costs as much as a short message. */
  #hmac: ReturnType<typeof hmac.create> | undefined

  /** @param bytes 64 for tokens, 32 for hashes, 32 for formats */
  constructor(app: string, bytes: Uint8Array, tenant = '') {
    this.app = app
    this.tenant = tenant
    this.#bytes = bytes
  }

  /** The same keys for one of the app's tenants: its tokens, hashes and look-alikes are its own. */
  ofTenant(tenant: string): AppKeys {
    return new AppKeys(this.app, this.#bytes, tenant)
  }

  /**
   * AES-SIV (RFC 5297) over the value, bound to type, app and tenant. Equal values get equal tokens within the
   * app and tenant, and nowhere else.
   *
   * @returns `undefined` for a value of more than `maxTokenizedBytes`, or one that is no Unicode text
   */
  seal(type: string, value: string): string | undefined {
    const bytes = utf8Bytes(value)
    if (bytes.length > maxTokenizedBytes || !value.isWellFormed()) return undefined
    return spellToken(type, this.#siv(type).encrypt(bytes))
  }

  /** The value that a token stands for; `undefined` for a damaged one, and for one of another app or tenant. */
  open(token: string): { readonly type: string; readonly value: string } | undefined {
    const read = readToken(token)
    if (!read || read.sealed.length < aessiv.tagLength) return undefined
    try {
      return { type: read.type, value: utf8.decode(this.#siv(read.type).decrypt(read.sealed)) }
    } catch {
      return undefined
    }
  }

  /** HMAC-SHA256 under the app's key, cut to 128 bits, in hex. */
  hash(type: string, value: string): string {
    const message = utf8Bytes(JSON.stringify([this.tenant, type, value]))
    this.#hmac ??= hmac.create(sha256, this.#bytes.subarray(64, 96))
    return encode(this.#hmac.clone().update(message).digest().subarray(0, 16), 'hex')
  }

  /** FF1 (NIST SP 800-38G) over digits of a radix; the domain must hold a million values. */
  permute(type: string, radix: number, digits: number[], direction: 'encrypt' | 'decrypt' = 'encrypt'): number[] {
    return FF1(radix, this.#bytes.subarray(96, 128), utf8Bytes(JSON.stringify([this.tenant, type])))[direction](digits)
  }

  #siv(type: string) {
    return aessiv(this.#bytes.subarray(0, 64), utf8Bytes(JSON.stringify([this.app, this.tenant, type])))
  }
}
