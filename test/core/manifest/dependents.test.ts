import { expect, it } from 'vitest'
import { dependents } from '#core/manifest/dependents.ts'
import type { Ports } from '#core/ports.ts'
import { entryOf, recordingPorts } from '../../support/ports.ts'

/** A registry of so many apps, each of which may call `to`. */
const registryOf = (count: number, to: string): Partial<Ports> => ({
  mailboxes: { list: async () => [] } as Partial<Ports['mailboxes']> as Ports['mailboxes'],
  registryStore: {
    async apps({ limit, cursor = '0' }: { limit: number; cursor?: string }) {
      const from = Number(cursor)
      const apps = Array.from({ length: Math.min(limit, count - from) }, (_, n) => ({
        app: `app-${from + n}`,
        about: {},
      }))
      return { apps, ...(from + limit < count && { cursor: String(from + limit) }) }
    },
  } as Partial<Ports['registryStore']> as Ports['registryStore'],
  registry: { find: async () => ({ kind: 'found', entry: entryOf({ egress: [{ to }] }) }) } as Partial<
    Ports['registry']
  > as Ports['registry'],
})

const pathsOf = async (count: number, to: string) =>
  (await dependents(entryOf(), recordingPorts(registryOf(count, to)).ports)).map(({ path }) => path)

it('every app that names an address of the app is found, on every page of the registry', async () => {
  expect(await pathsOf(120, 'https://shop.example.com/v1')).toEqual(Array.from({ length: 120 }, () => 'egress.0.to'))
  expect(await pathsOf(120, 'https://other.example.com/v1')).toEqual([])
})

it('where there are more apps than may be asked, that is told, however few of them call it', async () => {
  expect(await pathsOf(400, 'https://other.example.com/v1')).toEqual([])
  const problems = await dependents(entryOf(), recordingPorts(registryOf(401, 'https://*.example.com/')).ports)
  expect(problems).toEqual([
    expect.objectContaining({ path: 'egress', reason: 'only 400 apps could be asked whether they call it' }),
  ])
})
