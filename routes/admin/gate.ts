import * as z from 'zod'
import { Fault } from '#core/fault.ts'
import { type Operator, operatorFrom, type Role } from '#core/identity/operator.ts'
import { findings, pathText } from '#core/manifest/problems.ts'
import type { Ports } from '#core/ports.ts'

/** Who may make a call: everybody with a role may look; the rest is for the role named. */
export async function admitted(request: Request, role: Role, { settings, clock }: Ports): Promise<Operator> {
  const { adminUrl } = settings
  if (adminUrl && new URL(request.url).host !== new URL(adminUrl).host)
    throw new Fault('route-unknown', 'admin on another host')
  const operator = await operatorFrom(request.headers.get('authorization'), settings, clock.now())
  const may = role === 'viewer' ? operator.roles.length > 0 : operator.roles.includes(role)
  if (!may) throw new Fault('role-missing', `${operator.subject} has [${operator.roles}], needs ${role}`)
  return operator
}

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
 * The reason that every change needs: in the body of a POST, in the header `gatehouse-reason` or the query
 * `reason` otherwise.
 */
export async function reasonFrom(request: Request): Promise<string> {
  if (request.method === 'POST') return parsed(Reason, await jsonFrom(request)).reason
  const query = new URL(request.url).searchParams.get('reason')
  return parsed(Reason, { reason: request.headers.get('gatehouse-reason') ?? query ?? undefined }).reason
}

/**
 * The JSON body of an admin request, at most 64 KiB.
 *
 * @throws Fault `body-too-large` or `request-invalid`
 */
export async function jsonFrom(request: Request): Promise<unknown> {
  const text = await textFrom(request, 65_536)
  try {
    return JSON.parse(text)
  } catch {
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

const Reason = z.strictObject({ reason: z.string().trim().min(1, { error: 'must say why' }).max(1024) })
