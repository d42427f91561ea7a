import type * as z from 'zod'
import { Fault } from '#core/fault.ts'
import { findings, pathText } from '#core/manifest/problems.ts'
import { Reason } from './call.ts'

/**
 * Parses admin input by its schema.
 *
 * @throws Fault `request-invalid` that lists everything wrong with it
 */
export function parsed<Shape>(schema: z.ZodType<Shape>, input: unknown): Shape {
  const result = schema.safeParse(input, { reportInput: true })
  if (result.success) return result.data
  const problems = findings(result.error, schema).map(({ at, reason, remedy }) => ({
    path: pathText(at),
    reason,
    remedy,
  }))
  throw new Fault('request-invalid', problems.map(({ path, reason }) => `${path} ${reason}`).join('; '), problems)
}

/**
 * Why a change is made, from the header `gatehouse-reason` or the query.
 *
 * @throws Fault `request-invalid` where it must be said and is not
 */
export function reasonFrom(request: Request, isRequired: boolean): string | undefined {
  const query = new URL(request.url).searchParams.get('reason')
  const reason = request.headers.get('gatehouse-reason') ?? query ?? undefined
  return isRequired || reason !== undefined ? parsed(Reason, { reason }).reason : undefined
}

/**
 * A JSON body, as its schema has it.
 *
 * @throws Fault `request-invalid`
 */
export function jsonIn<Shape>(text: string, schema: z.ZodType<Shape>): Shape {
  try {
    return parsed(schema, JSON.parse(text))
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error
    throw new Fault('request-invalid', 'body is not JSON', [
      {
        path: '(body)',
        reason: 'is not JSON',
        remedy: 'Send a JSON object as application/json; it says at least the `reason`.',
      },
    ])
  }
}

/**
 * The body of an admin request as text.
 *
 * @throws Fault `body-too-large`
 */
export async function textFrom(request: Request, maxCharacters: number): Promise<string> {
  const text = await request.text()
  if (text.length > maxCharacters) throw new Fault('body-too-large', `admin body over ${maxCharacters} characters`)
  return text
}
