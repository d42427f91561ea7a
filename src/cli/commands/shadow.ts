import { readFile, writeFile } from 'node:fs/promises'
import { Command } from 'commander'
import { readManifest } from '#core/manifest/read.ts'
import type { ShadowSetting } from '#core/shadow/report.ts'
import { policyNames } from '#policies/pipeline.ts'
import { callAdmin } from '../client/admin.ts'
import { type GatewayOptions, withGateway } from '../client/options.ts'
import { exitCodes, Failure, paint, say, sayJson, table, tell } from '../output.ts'
import { readManifests } from '../registry/folder.ts'
import { promoted } from '../registry/promotion.ts'
import { gatewaySetting } from '../registry/setting.ts'

const report = withGateway(new Command('report'))
  .description('what an app has in shadow mode, and what would have been denied because of it')
  .argument('<app>', 'app')
  .action(async (app: string, options: GatewayOptions) => {
    const items = await settingsOf(app, options)
    if (options.json) return sayJson(items)
    if (items.length === 0) return say(`Nothing of ${app} is in shadow mode.`)
    const rows = items.flatMap(({ policy, setting, to, found }) => {
      const about = [policy, to ?? setting]
      if (found.length === 0) return [[...about, paint('green', 'nothing so far'), '', '', '', '']]
      return found.map(({ verdict, fault, field, count, firstAt, lastAt, requestId }) => [
        ...about,
        `${paint('yellow', String(count))} ${verdict}${fault ? ` ${fault}` : ''}`,
        field ?? '',
        firstAt,
        lastAt,
        requestId,
      ])
    })
    say(table([['policy', 'setting', 'would have', 'by', 'since', 'last', 'e.g. request'], ...rows]))
  })

interface PromoteOptions extends GatewayOptions {
  readonly registry: string
  readonly environment: string
  readonly dryRun: boolean
}

const promote = withGateway(new Command('promote'))
  .description('enforces in a manifest what is in shadow mode; push puts it in force')
  .argument('<app>', 'app')
  .argument('[setting]', 'a policy, or a setting of the report (default: all that is in shadow mode)')
  .option('--registry <folder>', 'the folder of manifests', 'registry')
  .option('--environment <name>', 'of the manifest; `local` allows http:// on loopback', 'production')
  .option('--dry-run', 'show the change and write nothing', false)
  .action(async (app: string, setting: string | undefined, options: PromoteOptions) => {
    const { registry, environment, dryRun, json } = options
    const gateway = gatewaySetting(environment)
    const declared = (await readManifests(registry, gateway)).find(({ manifest }) => manifest.metadata.name === app)
    if (!declared) throw new Failure(`${registry} holds no manifest of ${app}.`)
    const { file } = declared
    const only = setting === undefined ? undefined : [setting, `spec.policies.${setting}.mode`]
    const { text, changes } = promotedText(await readFile(file, 'utf8'), file, only)
    if (changes.length === 0)
      throw new Failure(`Nothing of ${app}${setting ? ` by ${setting}` : ''} is in shadow mode.`)
    const read = readManifest(text, file, { ...gateway, policies: policyNames })
    if (read.kind === 'refused') throw new Failure('So changed, it would be refused.', exitCodes.refused, read.problems)
    await warn(
      app,
      changes.map(change => change.setting),
      options,
    )
    if (!dryRun) await writeFile(file, text)
    if (json) return sayJson({ file, written: !dryRun, changes })
    for (const { line, before, after } of changes) {
      say(`${file}:${line}`)
      say(paint('red', `- ${before}`))
      say(paint('green', `+ ${after}`))
    }
    tell(dryRun ? 'Nothing is written.' : `Written; gatehouse push ${registry} puts it in force.`)
  })

export const shadow = new Command('shadow')
  .description('what is only watched, and what it would do')
  .addCommand(report)
  .addCommand(promote)

async function settingsOf(app: string, options: GatewayOptions): Promise<ShadowSetting[]> {
  const answer = (await callAdmin(`shadow?${new URLSearchParams({ app })}`, options)) as { items: ShadowSetting[] }
  return answer.items
}

/** What would be denied from now on, as far as a gateway can be asked. */
async function warn(app: string, settings: readonly string[], options: GatewayOptions): Promise<void> {
  const items = await settingsOf(app, options).catch(error => {
    tell(`What it would deny is not known: ${error.message}`)
    return []
  })
  for (const { setting, found } of items.filter(item => settings.includes(item.setting))) {
    const count = found.reduce((sum, one) => sum + one.count, 0)
    const last = found
      .map(({ lastAt }) => lastAt)
      .sort()
      .at(-1)
    if (count > 0)
      tell(paint('yellow', `${setting} would have stopped ${count} requests, the last at ${last}.`, process.stderr))
  }
}

function promotedText(text: string, file: string, only: readonly string[] | undefined) {
  try {
    return promoted(text, only)
  } catch (error) {
    throw new Failure(`${file}: ${error instanceof Error ? error.message : error}. Write it out, and promote again.`)
  }
}
