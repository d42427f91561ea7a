import type { Side } from './side.ts'

/** What a difference is about. */
export const areas = [
  'entry',
  'egress',
  'masking',
  'limits',
  'residency',
  'upstreams',
  'lifecycle',
  'checks',
  'keys',
] as const

export type Area = (typeof areas)[number]

/** One thing that a manifest lets through and the one before it did not, or the other way round. */
export interface Difference {
  readonly area: Area
  readonly effect: 'widens' | 'narrows'
  /** A sentence without its full stop, for people who read no manifests. */
  readonly what: string
}

/** Something let through that its sentence alone does not tell from others. */
export interface Opening {
  readonly key: string
  readonly what: string
}

/** What a manifest holds back at one place: a route, a source, a way out. What is closed on one side has no guards there. */
export interface Guard extends Hold {
  readonly at: string
}

export interface Hold {
  /** Empty: nothing but that the place is open. */
  readonly name: string
  /** The higher, the less gets through; 1 where it is there or not. */
  readonly level: number
  /** How it stands, where its name does not say it. */
  readonly shown?: string
}

/** One kind of difference, as a row: what a manifest opens, or what it holds back. */
export type Row = { readonly area: Area } & (
  | { opens(side: Side): Iterable<string | Opening> }
  | { guards(side: Side): Iterable<Guard> }
)
