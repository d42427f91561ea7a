import type { Context } from 'hono'
import { Hono } from 'hono/tiny'
import type { Ports } from '#core/ports.ts'
import type { Asked, Call } from './call.ts'
import { assertOwn, callerOf } from './gate.ts'
import { jsonIn, parsed, reasonFrom, textFrom } from './input.ts'

/** A JSON body is at most so long, unless its row says otherwise. */
const maxJsonCharacters = 65_536

/** The door to a table of calls: each is made once its row holds. */
export function doorTo(calls: readonly Call[], ports: Ports): Hono {
  const door = new Hono()
  for (const call of calls) {
    const path = call.row.path.replaceAll(/\{(\w+)\}/g, ':$1')
    door.on(call.row.method.toUpperCase(), path, context => answered(call, context, ports))
  }
  return door
}

/** Who asks comes first: nothing of a stranger's request is read. */
async function answered({ row, run }: Call, { req }: Context, ports: Ports): Promise<Response> {
  const { query, body, maxBodyCharacters = maxJsonCharacters, text, reason } = row
  const caller = await callerOf(req.raw, row, ports)
  const asked: Asked = {
    ...caller,
    params: req.param(),
    query: query && parsed(query, queryOf(req.query(), reason !== undefined)),
    reason: reason && reasonFrom(req.raw, reason === 'required'),
    body: body && jsonIn(await textFrom(req.raw, maxBodyCharacters), body),
    text: text ? await textFrom(req.raw, text.maxCharacters) : '',
    request: req.raw,
  }
  if (!caller.isEverywhere && row.role !== 'none') await assertOwn(asked, row, ports)
  const outcome = await run(asked, ports)
  if (outcome instanceof Response) return outcome
  const [status, answer] = outcome
  return answer === undefined ? new Response(null, { status }) : Response.json(answer, { status })
}

/** The reason may stand in the query too, and is no part of it. */
function queryOf({ reason, ...query }: Record<string, string>, hasReason: boolean): unknown {
  return hasReason || reason === undefined ? query : { ...query, reason }
}
