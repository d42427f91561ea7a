import { readFile } from 'node:fs/promises'
import { dirname } from 'node:path'
import { Command } from 'commander'
import * as z from 'zod'
import { FleetRuleSource, PolicyDataSource } from '#core/fleet/schema.ts'
import { readManifest } from '#core/manifest/read.ts'
import { Manifest } from '#core/manifest/schema.ts'
import { policyNames } from '#policies/pipeline.ts'
import { Failure, say, sayJson, table } from '../output.ts'
import { type DeclaredFleet, readFleet } from '../registry/fleet.ts'
import { fleetFolder } from '../registry/folder.ts'
import { judgements, refuse, warn } from '../registry/judgements.ts'
import { gatewaySetting } from '../registry/setting.ts'
import { exportRules } from './export.ts'
import { rehearse } from './rehearse.ts'

const test = new Command('test')
  .description('check fleet rules and run the tests that stand in them')
  .argument('[folder]', 'folder of *.yaml rules', 'registry/fleet')
  .option('--json', 'print the result as JSON', false)
  .action(async (folder: string, { json }: { readonly json: boolean }) => {
    const rules = (await rulesOf(folder)).rules.map(({ source }) => ({
      rule: source.metadata.name,
      layer: source.spec.layer,
      action: source.spec.action,
      tests: source.spec.tests.length,
    }))
    if (json) return sayJson({ rules })
    say(table(rules.map(({ rule, layer, action, tests }) => [rule, layer, action, `${tests} tests pass`])))
  })

interface CheckOptions {
  readonly fleet?: string
  readonly environment: string
  readonly json: boolean
}

const check = new Command('check')
  .description('ask the fleet rules about one manifest')
  .argument('<manifest>', 'a manifest, YAML or JSON')
  .option('--fleet <folder>', 'folder of *.yaml rules (default: `fleet` beside the manifest)')
  .option('--environment <name>', 'where it is to be published; `local` allows http:// on loopback', 'production')
  .option('--json', 'print the result as JSON', false)
  .action(async (file: string, { fleet, environment, json }: CheckOptions) => {
    const rules = await rulesOf(fleet ?? fleetFolder(dirname(file)))
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      throw new Failure(`The manifest ${file} cannot be read: ${error.code}.`)
    })
    const read = readManifest(text, file, { ...gatewaySetting(environment), policies: policyNames })
    if (read.kind === 'refused') throw refuse(`The manifest ${file} is refused`, read.problems)
    const { denied, told } = judgements([read], rules, environment)
    if (!json || denied.length > 0) warn(told)
    if (denied.length > 0) throw refuse('The fleet rules refuse this', denied)
    const count = rules.rules.filter(({ source }) => source.spec.points.includes('publish')).length
    const counted = count === 1 ? 'the one rule' : `all ${count} rules`
    if (json) return sayJson({ app: read.manifest.metadata.name, rules: count, warnings: told })
    say(`${file} passes ${counted}.`)
  })

const schema = new Command('schema')
  .description('print the JSON Schema of manifests, or of fleet rules, for editors')
  .option('--rules', 'of fleet rules and their values', false)
  .action(({ rules }: { readonly rules: boolean }) => {
    sayJson(
      z.toJSONSchema(rules ? z.union([FleetRuleSource, PolicyDataSource]) : Manifest, {
        io: 'input',
        unrepresentable: 'any',
      }),
    )
  })

/** The operator's rules over manifests. */
export const policy = new Command('policy')
  .description('test fleet rules, ask them about a manifest, rehearse and export them')
  .addCommand(test)
  .addCommand(check)
  .addCommand(schema)
  .addCommand(rehearse)
  .addCommand(exportRules)

async function rulesOf(folder: string): Promise<DeclaredFleet> {
  const declared = await readFleet(folder)
  if (declared && declared.rules.length > 0) return declared
  throw new Failure(`There are no fleet rules in ${folder}. Copy those you want from policies/fleet.`)
}
