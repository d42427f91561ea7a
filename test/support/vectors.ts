/// <reference types="vite/client" />
import type { HmacOptions } from '#core/manifest/webhook-schema.ts'
import type { Scheme } from '#core/webhook/scheme.ts'
import { schemeOf } from '#core/webhook/scheme-of.ts'

/** A real signature: what a vendor's own code, or its documentation, says one looks like. */
export interface Vector {
  readonly scheme: string
  readonly hmac?: HmacOptions
  readonly secret: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  /** Epoch seconds at which the request arrived. */
  readonly now: number
  /** Whose code, or which page, made the signature. */
  readonly producedBy: string
}

const files = import.meta.glob<Vector>('../vectors/webhooks/*.json', { eager: true, import: 'default' })

/** Every vector by the name of its file. */
export const vectors: Readonly<Record<string, Vector>> = Object.fromEntries(
  Object.entries(files).map(([path, vector]) => [path.replace(/^.*\/|\.json$/g, ''), vector]),
)

export interface Row {
  readonly name: string
  readonly scheme: Scheme
  readonly vector: Vector
}

/** Every way of signing there is: the vendors' rows, and one row made of home-made options. */
export const rows: readonly Row[] = Object.entries(vectors).map(([name, vector]) => ({
  name,
  vector,
  scheme: found(schemeOf(vector), `no scheme ${vector.scheme}`),
}))

/** The row of one scheme. */
export function row(name: string): Row {
  return found(
    rows.find(row => row.name === name),
    `no vector ${name}`,
  )
}

function found<Value>(value: Value | undefined, complaint: string): Value {
  if (value === undefined) throw new Error(complaint)
  return value
}
