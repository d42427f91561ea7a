import * as z from 'zod'
import type { Operator, Role } from '#core/identity/operator.ts'
import type { Entry } from '#core/manifest/entry.ts'
import type { Ports } from '#core/ports.ts'

/** One admin call as data: what the door checks before it is made, and what `openapi.json` says of it. */
export interface CallRow<
  Path extends string = string,
  Query = unknown,
  Body = unknown,
  Reason = 'required' | 'optional' | undefined,
  Answers = Readonly<Record<number, z.ZodType>>,
> {
  readonly method: 'get' | 'put' | 'post' | 'delete'
  /** Below `/admin/v1`, as OpenAPI writes it: `/apps/{app}`. */
  readonly path: Path
  /** Who may make it, see `gate.ts`; `none`: whoever has a token of the issuer. */
  readonly role: Role | 'none'
  /** What it does, in a sentence. */
  readonly does: string
  /** An author may make it without naming an app, since it shows nothing of other teams. */
  readonly isForEveryTeam?: true
  readonly query?: z.ZodType<Query>
  /** JSON, of at most 64 KiB unless said otherwise. A POST that changes something asks for the reason here: `Reason`. */
  readonly body?: z.ZodType<Body>
  readonly maxBodyCharacters?: number
  /** A body that is handed over as text, of at most so many characters, by its content types. */
  readonly text?: { readonly maxCharacters: number; readonly types: Readonly<Record<string, z.ZodType>> }
  /** Whether header or query say why; every PUT and DELETE asks for it. */
  readonly reason?: Reason
  /** What it answers, by status; faults are the same for all. */
  readonly answers: Answers
}

/** What a call was asked, parsed. */
export interface Asked<Path extends string = string, Query = unknown, Body = unknown, Reason = unknown> {
  readonly operator: Operator
  readonly params: Readonly<Record<ParamsOf<Path>, string>>
  readonly query: Query
  readonly body: Body
  readonly text: string
  readonly reason: Reason extends 'required' ? string : string | undefined
  readonly request: Request
  /** Whether it may be about any app; otherwise it is an author's, who sees the apps of their teams alone. */
  readonly isEverywhere: boolean
  /** Whether an app is one that whoever asks may know of. */
  readonly sees: (entry: Entry) => boolean
}

type ParamsOf<Path> = Path extends `${string}{${infer Name}}${infer Rest}` ? Name | ParamsOf<Rest> : never

/** A status of the row with what its schema takes; a `Response` where the answer is no JSON. */
type Outcome<Answers> =
  | { [Status in keyof Answers]: readonly [Status, Taken<Answers[Status]>] }[keyof Answers]
  | Response

type Taken<Schema> = Schema extends z.ZodType ? Frozen<z.input<Schema>> : never

type Frozen<Value> = Value extends (infer Item)[]
  ? readonly Frozen<Item>[]
  : Value extends object
    ? { readonly [Key in keyof Value]: Frozen<Value[Key]> }
    : Value

/** A call of the admin API: its row, and what it does once that is held. */
export interface Call {
  readonly row: CallRow
  readonly run: (asked: Asked, ports: Ports) => Promise<readonly [number, unknown] | Response>
}

export function call<
  Path extends string,
  Answers extends Readonly<Record<number, z.ZodType>>,
  Query = undefined,
  Body = undefined,
  Reason extends 'required' | 'optional' | undefined = undefined,
>(
  row: CallRow<Path, Query, Body, Reason, Answers>,
  run: (asked: Asked<Path, Query, Body, Reason>, ports: Ports) => Promise<Outcome<NoInfer<Answers>>>,
): Call {
  return { row, run } as unknown as Call
}

/** Why something is done; part of the body of every POST that changes anything. */
export const Why = z.string().trim().min(1, { error: 'must say why' }).max(1024)

/** The body of a POST that takes no more than the reason. */
export const Reason = z.strictObject({ reason: Why })

/** A page of a list. */
export const pageOf = <Item extends z.ZodType>(item: Item) =>
  z.object({ items: z.array(item), next: z.string().nullable().describe('`cursor` of the page after this one') })

/** A time, RFC 3339 in UTC. */
export const Time = z.string().meta({ format: 'date-time' })

/** `limit` of a list, from 1. */
export const limitTo = (most: number) => z.coerce.number().int().min(1).max(most).default(50)

/** An answer that is bytes, not JSON. */
export const Bytes = z.any().meta({ bytes: true })

/** An answer without a body. */
export const Nothing = z.undefined()
