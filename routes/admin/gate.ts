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

/** The reason that every change needs, from the body of a POST. */
export async function reasonFrom(request: Request): Promise<string> {
  const text = await request.text()
  if (text.length > 65_536) throw new Fault('body-too-large', 'admin body over 64 KiB')
  let body: unknown
  try {
    body = JSON.parse(text)
  } catch {
    throw new Fault('request-invalid', 'body is not JSON', [
      { path: '(body)', reason: 'is not JSON', remedy: 'Send {"reason": "…"} as application/json.' },
    ])
  }
  return parsed(Reason, body).reason
}

const Reason = z.strictObject({ reason: z.string().trim().min(1, { error: 'must say why' }).max(1024) })
