import type { ApiRoute } from '#core/manifest/api-schema.ts'
import type { EgressRule } from '#core/manifest/egress-schema.ts'
import type { Manifest } from '#core/manifest/schema.ts'
import { type Door, openRoutes, openWays } from './doors.ts'

/** One of two manifests that are compared, and what it opens of all that either of them names. */
export class Side {
  readonly spec: Manifest['spec']
  readonly other: Manifest['spec']
  readonly word: string
  readonly #manifest: Manifest
  readonly #other: Manifest
  #routes: readonly Door<ApiRoute>[] | undefined
  #ways: readonly Door<EgressRule>[] | undefined

  constructor(manifest: Manifest, other: Manifest, word: string) {
    this.#manifest = manifest
    this.#other = other
    this.spec = manifest.spec
    this.other = other.spec
    this.word = word
  }

  get routes(): readonly Door<ApiRoute>[] {
    this.#routes ??= openRoutes(this.#manifest, this.#other, this.word)
    return this.#routes
  }

  get ways(): readonly Door<EgressRule>[] {
    this.#ways ??= openWays(this.#manifest, this.#other, this.word)
    return this.#ways
  }

  /** The other one's routes, of the same doors. */
  readonly facing = (name: string): Door<ApiRoute> | undefined => {
    this.#facing ??= new Map(openRoutes(this.#other, this.#manifest, this.word).map(door => [door.name, door]))
    return this.#facing.get(name)
  }
  #facing: ReadonlyMap<string, Door<ApiRoute>> | undefined
}
