import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { localIssuer } from '#core/identity/local-issuer.ts'
import { Failure } from '../output.ts'
import { root } from './paths.ts'

/** Where the samples listen; the example manifests name both. */
export const samplePorts = { app: 8788, provider: 8789 } as const

export interface Sample {
  stop(): void
}

/**
 * Starts the sample micro-app in a process of its own.
 *
 * @param keys the `whsec_` keys it verifies deliveries with
 * @param gateway the address of the gateway whose tokens it believes
 */
export function startSampleApp(
  keys: readonly string[],
  gateway: string,
  port: number = samplePorts.app,
): Promise<Sample> {
  const env = { PORT: String(port), SIGNING_KEYS: keys.join(' '), GATEWAY: gateway }
  return startExample('sample micro-app', 'examples/sample-app/main.ts', env)
}

/** What makes the gateway let operators of the sample identity provider in. */
export const sampleOperators = {
  ADMIN_ISSUER: `http://127.0.0.1:${samplePorts.provider}`,
  ADMIN_AUDIENCE: localIssuer.audience,
} as const

/**
 * Starts the sample identity provider, of whose callers the sample micro-app may be called.
 *
 * @param password with which its people sign in; absent: nobody does
 */
export function startSampleProvider(password?: string, port: number = samplePorts.provider): Promise<Sample> {
  const env = { PORT: String(port), ...(password !== undefined && { PASSWORD: password }) }
  return startExample('sample identity provider', 'examples/oidc-provider/main.ts', env)
}

/** It ends with its standard input, so that it never outlives this process, however that ends. */
async function startExample(name: string, file: string, env: Readonly<Record<string, string>>): Promise<Sample> {
  const child = spawn(process.execPath, [join(root, file)], { env, stdio: ['pipe', 'pipe', 'inherit'] })
  const isListening = await new Promise<boolean>(resolve => {
    child.stdout.once('data', () => resolve(true))
    child.once('exit', () => resolve(false))
  })
  if (!isListening)
    throw new Failure(`The ${name} could not listen on port ${env.PORT}. Free it, or start with --no-samples.`)
  return { stop: () => child.kill() }
}
