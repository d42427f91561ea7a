import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { callAdmin } from '#cli/client/admin.ts'
import { startMachine } from '#cli/machine/machine.ts'
import { root, statePaths } from '#cli/machine/paths.ts'
import { startSampleApp } from '#cli/machine/samples.ts'
import { readSecrets, signingKeys } from '#cli/machine/secrets-file.ts'
import { type Declared, readRegistry } from '#cli/registry/folder.ts'
import { gatewaySetting } from '#cli/registry/setting.ts'
import type { EventView } from '#core/delivery/event.ts'
import { secretVariable } from '#core/secrets/variable.ts'
import type { Received } from '../../examples/sample-app/server.ts'
import { freePort } from '../free-port.ts'
import type { VendorRequest } from './vendors.ts'

/** What a scene plays on: the real gateway with the example registry, and the sample micro-app behind it. */
export interface Stage {
  secret(app: string, name: string): string
  push(
    app: string,
    source: string,
    request: VendorRequest,
  ): Promise<{ status: number; answer: Record<string, unknown> & { text: string } }>
  event(id: string): Promise<EventView>
  replay(id: string, reason: string): Promise<EventView>
  /** Waits until an event is in a state, at most 30 s. */
  until(id: string, state: EventView['state']): Promise<EventView>
  received(): Promise<Received[]>
  /** Makes the app's next deliveries to a path fail. */
  fail(path: string, status: number, times: number): Promise<void>
  close(): Promise<void>
}

/** Starts everything on free ports with a state folder of its own, so that nothing of yours is touched. */
export async function openStage(): Promise<Stage> {
  const state = await mkdtemp(join(tmpdir(), 'gatehouse-demo-'))
  const variables = await readSecrets(join(root, 'examples/secrets.env'))
  const appPort = await freePort()
  const declared = (await readRegistry(join(root, 'examples/registry'), gatewaySetting('local'))).map(one =>
    at(one, appPort),
  )
  const port = await freePort()
  const sample = await startSampleApp(signingKeys(declared, variables), `http://127.0.0.1:${port}`, appPort)
  const machine = await startMachine({
    port,
    state,
    declared,
    variables,
    isQuiet: true,
  })
  const admin = { url: machine.url, state: statePaths(state).state }
  const app = `http://127.0.0.1:${appPort}`
  const event = async (id: string) => (await callAdmin(`events/${id}`, admin)) as EventView

  return {
    secret: (app, name) => variables[secretVariable(app, name)] ?? '',
    async push(app, source, { body, headers }) {
      const response = await fetch(`${machine.url}/hooks/${app}/${source}`, { method: 'POST', body, headers })
      const text = await response.text()
      return { status: response.status, answer: { ...(text.startsWith('{') ? JSON.parse(text) : {}), text } }
    },
    event,
    replay: async (id, reason) =>
      (await callAdmin(`events/${id}/replay`, admin, { method: 'POST', body: { reason } })) as EventView,
    async until(id, wanted) {
      for (let tries = 0; tries < 300; tries++) {
        const now = await event(id)
        if (now.state === wanted) return now
        await new Promise(resolve => setTimeout(resolve, 100))
      }
      throw new Error(`${id} is not ${wanted} after 30 s: ${JSON.stringify(await event(id))}`)
    },
    received: async () => (await (await fetch(`${app}/received`)).json()) as Received[],
    async fail(path, status, times) {
      await fetch(`${app}/failing`, { method: 'POST', body: JSON.stringify({ path, status, times }) })
    },
    async close() {
      sample.stop()
      await machine.stop()
      await rm(state, { recursive: true, force: true })
    },
  }
}

/** The example manifest with its upstream at another port. */
function at(declared: Declared, port: number): Declared {
  const moved = <Value>(value: Value) =>
    JSON.parse(JSON.stringify(value).replaceAll('127.0.0.1:8788', `127.0.0.1:${port}`)) as Value
  return { ...declared, manifest: moved(declared.manifest), document: moved(declared.document) }
}

/** A port that is free now. */
