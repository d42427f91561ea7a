import { mkdir, writeFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Command } from 'commander'
import { registryItems } from '#core/manifest/publish.ts'
import { say, sayJson } from '../output.ts'
import { fleetInBulk, pointersInBulk } from '../registry/bulk.ts'
import { fleetItemOf } from '../registry/fleet.ts'
import { fleetFolder, readRegistry } from '../registry/folder.ts'
import { differenceText, publications } from '../registry/publications.ts'
import { gatewaySetting } from '../registry/setting.ts'

interface Options {
  readonly out: string
  readonly previous?: string
  readonly environment: string
  readonly renew: boolean
  readonly json: boolean
}

export const build = new Command('build')
  .description('check a registry folder and write the bulk file that `wrangler kv bulk put` takes')
  .argument('[folder]', 'folder of *.yaml manifests', 'registry')
  .option('-o, --out <file>', 'where the bulk file goes', '.gatehouse/registry.bulk.json')
  .option(
    '--previous <file>',
    'bulk file in force, for publication dates and ends of life (default: the file at --out)',
  )
  .option('--environment <name>', '`local` allows http:// on loopback', 'production')
  .option('--renew', 'start the lifetime of every app anew', false)
  .option('--json', 'print the result as JSON', false)
  .action(async (folder: string, { out, previous, environment, renew, json }: Options) => {
    const declared = await readRegistry(folder, gatewaySetting(environment))
    const published = await publications(declared, await pointersInBulk(previous ?? out), { environment, renew })
    const fleet = await fleetItemOf(fleetFolder(folder), await fleetInBulk(previous ?? out))
    await mkdir(dirname(out), { recursive: true })
    await writeFile(out, JSON.stringify(registryItems(published, fleet), null, 2))
    if (json) return sayJson({ out, apps: published.map(({ app, change, pointer }) => ({ app, change, ...pointer })) })
    say(differenceText(published, new Date()))
    const target = environment === 'local' ? '--local --persist-to .gatehouse' : '--remote'
    say(`\n${out} written. Send it: npx wrangler kv bulk put ${out} --binding REGISTRY ${target}`)
  })
