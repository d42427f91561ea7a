import { timingSafeEqual } from 'node:crypto'
import type Provider from 'oidc-provider'

/** A sign-in form is never longer. */
const maxBytes = 8_192

/** The library's sign-in pages take any password; this lets nobody through who does not know the one there is. */
export function passwordGate(password: string): Parameters<Provider['use']>[0] {
  return async (context, next) => {
    if (context.method !== 'POST' || !context.path.startsWith('/interaction/')) return next()
    const form = new URLSearchParams(await textOf(context.req))
    if (form.get('prompt') === 'login' && !isEqual(form.get('password') ?? '', password)) {
      context.status = 403
      context.body = 'Wrong password. Go back and try again.\n'
      return
    }
    // where the library looks for a form that was read before it
    Object.assign(context.req, { body: Object.fromEntries(form) })
    await next()
  }
}

async function textOf(request: AsyncIterable<Buffer>): Promise<string> {
  const chunks: Buffer[] = []
  for await (const chunk of request) {
    chunks.push(chunk)
    if (Buffer.concat(chunks).length > maxBytes) throw new Error('a form of that length')
  }
  return Buffer.concat(chunks).toString()
}

function isEqual(one: string, other: string): boolean {
  const [left, right] = [Buffer.from(one), Buffer.from(other)]
  return left.length === right.length && timingSafeEqual(left, right)
}
