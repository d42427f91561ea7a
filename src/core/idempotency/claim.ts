/** Where claims of one request lie: in its region, if it has one. */
export interface ClaimPlace {
  readonly region: string
  readonly app: string
}

/** An answer as it is kept and given again, byte for byte. */
export interface KeptAnswer {
  readonly status: number
  readonly headers: readonly (readonly [string, string])[]
  readonly body: Uint8Array
}

/** What a claim finds. */
export type Claim =
  /** The request is the first; `token` proves it to `settle`. */
  | { readonly kind: 'claimed'; readonly token: string }
  | { readonly kind: 'in-flight' }
  /** The key was used for another request. */
  | { readonly kind: 'mismatch' }
  | { readonly kind: 'answered'; readonly answer: KeptAnswer }
  /** The request was answered, but the answer was too large to keep. */
  | { readonly kind: 'unkept' }

/** How a claimed request ended. */
export type Ending =
  | { readonly kind: 'answered'; readonly answer: KeptAnswer }
  | { readonly kind: 'unkept' }
  /** Nothing was done, or nobody knows: whoever asks again is the first again. */
  | { readonly kind: 'released' }

/** The claims that keep a request from being done twice. */
export interface Claims {
  /**
   * Claims a request, or says what became of it before. It throws when the store does not answer in time.
   *
   * @param holdMs how long the claim stands if nobody settles it: what a crash costs
   */
  claim(place: ClaimPlace, id: string, fingerprint: string, holdMs: number): Promise<Claim>
  /** What `claim` would find, or nothing; claims nothing. */
  look(place: ClaimPlace, id: string, fingerprint: string): Promise<Claim | undefined>
  /** Records how the request ended; does nothing where the claim is no longer the one that the token is of. */
  settle(place: ClaimPlace, id: string, token: string, ending: Ending): Promise<void>
}

/** How long answers are kept. */
export const keptMs = 86_400_000

/** Larger answers are not kept: a row holds at most 2 MB. */
export const maxKeptBytes = 1_048_576
