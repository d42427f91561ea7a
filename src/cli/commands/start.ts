import { once } from 'node:events'
import { join, resolve } from 'node:path'
import { Command, InvalidArgumentError, Option } from 'commander'
import { guide } from '../machine/guide.ts'
import { samplePassword } from '../machine/keys.ts'
import { startMachine } from '../machine/machine.ts'
import { root, statePaths } from '../machine/paths.ts'
import { sampleOperators, startSampleApp, startSampleProvider } from '../machine/samples.ts'
import { missingSecrets, readSecrets, signingKeys } from '../machine/secrets-file.ts'
import { paint, say, tell } from '../output.ts'
import type { Withheld } from '../registry/counting.ts'
import { fleetItemOf } from '../registry/fleet.ts'
import { type Declared, fleetFolder, readRegistry } from '../registry/folder.ts'
import { gatewaySetting } from '../registry/setting.ts'
import { readSigner } from '../registry/signer.ts'

const examples = { registry: join(root, 'examples/registry'), secrets: join(root, 'examples/secrets.env') }

interface Options {
  readonly port: number
  readonly registry: string
  readonly secrets?: string
  readonly key?: string
  readonly state: string
  readonly samples: boolean
  readonly json: boolean
}

export const start = new Command('start')
  .description('run the gateway on this machine, with its state in a folder')
  .option('--port <number>', 'port on 127.0.0.1', portNumber, 8787)
  .addOption(
    new Option('--registry <folder>', 'folder of *.yaml manifests to publish at start').default(
      examples.registry,
      'examples/registry',
    ),
  )
  .option('--secrets <file>', 'file of SECRET_<APP>__<NAME>=value lines (with the example registry: its own)')
  .option('--key <file>', 'sign what is published at start with your private key; see REQUIRE_SIGNED_ENTRIES')
  .option('--state <folder>', 'where KV, mailboxes, bodies and keys are kept', '.gatehouse')
  .option('--no-samples', 'do not start the sample micro-app and the sample identity provider')
  .option('--json', 'once ready, print one line of JSON instead of the guide', false)
  .action(async ({ port, registry, secrets, key, state, samples, json }: Options) => {
    const declared = await readRegistry(registry, gatewaySetting('local'))
    const fleet = await fleetItemOf(fleetFolder(registry))
    const sign = key === undefined ? undefined : await readSigner(key)
    const isExample = resolve(registry) === examples.registry
    const secretsFile = secrets ?? (isExample ? examples.secrets : undefined)
    const signIn = samples ? sampleOperators : {}
    const variables = { ...signIn, ...ownVariables(process.env), ...(secretsFile && (await readSecrets(secretsFile))) }
    for (const name of missingSecrets(declared, variables)) {
      tell(`${paint('yellow', 'warning', process.stderr)} ${name} is not set: requests that need it get secret-missing`)
    }

    const onRestarted = () => tell('workerd had died and runs again; its state was on disk.')
    const beside = samples
      ? [
          startSampleApp(signingKeys(declared, variables), `http://127.0.0.1:${port}`),
          samplePassword(statePaths(state)).then(password => startSampleProvider(password)),
        ]
      : []
    const [started, ...startedBeside] = await Promise.allSettled([
      startMachine({ port, state, declared, fleet, sign, variables, onRestarted }),
      ...beside,
    ] as const)
    const running = startedBeside.flatMap(one => (one.status === 'fulfilled' ? [one.value] : []))
    const failed = [started, ...startedBeside].find(one => one.status === 'rejected')
    if (failed || started.status === 'rejected') {
      for (const sample of running) sample.stop()
      if (started.status === 'fulfilled') await started.value.stop()
      throw failed?.reason
    }
    const machine = started.value
    if (machine.orphans > 0) tell(`Ended ${machine.orphans} workerd that an earlier start had left behind.`)
    const { withheld } = machine
    if (withheld.length > 0) tell(`${paint('yellow', 'warning', process.stderr)} ${withheldText(withheld, state)}`)
    const apps = declared.map(appName).filter(name => !withheld.some(({ what }) => what === name))
    if (json) say(JSON.stringify({ url: machine.url, state, registry, apps, withheld }))
    else say(`Gatehouse is listening on ${machine.url}\n${guide({ port, state, isExample, samples })}`)

    const signal = await Promise.race(['SIGINT', 'SIGTERM'].map(name => once(process, name).then(() => name)))
    tell(`${signal}: stopping.`)
    for (const sample of running) sample.stop()
    await machine.stop()
    process.exit(0)
  })

const appName = ({ manifest }: Declared) => manifest.metadata.name

/** What is not published, and both ways to have it published. */
function withheldText(withheld: readonly Withheld[], state: string): string {
  const { bulk } = statePaths(state)
  return [
    'With REQUIRE_SIGNED_ENTRIES these are not published; what of them was in force before stays:',
    ...withheld.map(({ what, reason }) => `  ${what} ${reason}`),
    'Start with --key <private key of an approver>, or have an approver sign them, and send them:',
    `  npx gatehouse sign ${bulk} --key <file>`,
    `  npx wrangler kv bulk put ${bulk} --binding REGISTRY --local --persist-to ${state}`,
  ].join('\n')
}

const ownNames = new RegExp(
  `^(SECRET_|UPSTASH_|(${[
    ...['PUBLIC_URL', 'EGRESS_DOH', 'MODEL_PRICES', 'METRICS_TOKEN', 'TRUSTED_PROXIES'],
    ...['ADMIN_ISSUER', 'ADMIN_AUDIENCE', 'ADMIN_TEAMS_CLAIM'],
    ...['REQUIRE_APPROVAL', 'REQUIRE_SIGNED_ENTRIES', 'APPROVERS_JWKS'],
  ].join('|')})$)`,
)

/** What the worker may know of this shell: its secrets and its own settings, nothing else. */
function ownVariables(environment: NodeJS.ProcessEnv): Record<string, string> {
  const own = Object.entries(environment).filter(([name, value]) => value && ownNames.test(name))
  return Object.fromEntries(own) as Record<string, string>
}

function portNumber(text: string): number {
  const port = Number(text)
  if (!Number.isInteger(port) || port < 1 || port > 65_535)
    throw new InvalidArgumentError('a port is a number from 1 to 65535')
  return port
}
