import { readFile, writeFile } from 'node:fs/promises'
import { Command, Option } from 'commander'
import { exportJWK, generateKeyPair } from 'jose'
import type { RegistryItem } from '#core/manifest/publish.ts'
import { signingAlgorithms } from '#core/manifest/signed.ts'
import { type GatewayOptions, withGateway } from '../client/options.ts'
import { exitCodes, Failure, say, sayJson, tell } from '../output.ts'
import { readFleet } from '../registry/fleet.ts'
import { fleetSignature } from '../registry/fleet-signature.ts'
import { fleetFolder } from '../registry/folder.ts'
import { readSigner, signedItems } from '../registry/signer.ts'

interface Options extends GatewayOptions {
  readonly key: string
  readonly fleet?: string
  readonly again: boolean
  readonly makeKey: boolean
  readonly algorithm: (typeof signingAlgorithms)[number]
  readonly name?: string
}

export const sign = withGateway(new Command('sign'))
  .description('sign entries and fleet rules as an approver; see REQUIRE_SIGNED_ENTRIES')
  .argument('[file]', 'bulk file that `gatehouse build` wrote; it is written anew', '.gatehouse/registry.bulk.json')
  .requiredOption('--key <file>', 'the private key of the approver, a JWK for ES256 or EdDSA')
  .option('--again', 'sign also what is signed already', false)
  .option('--fleet <folder>', 'sign for the gateway at --url the fleet rules of this registry folder, and print that')
  .option('--make-key', 'make a key, write it to --key, and print its public part for APPROVERS_JWKS', false)
  .addOption(
    new Option('--algorithm <name>', 'of the key that is made')
      .choices(signingAlgorithms)
      .default(signingAlgorithms[0]),
  )
  .option('--name <name>', 'whose key is made: its `kid` (default: a random one)')
  .action(async (file: string, options: Options) => {
    if (options.makeKey) return makeKey(options)
    if (options.fleet !== undefined) return signFleet(options.fleet, options)
    const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
      throw new Failure(`The bulk file ${file} cannot be read: ${error.code}. Write it with gatehouse build.`)
    })
    const { items, signed } = await signedItems(
      JSON.parse(text) as RegistryItem[],
      await readSigner(options.key),
      options.again,
    )
    await writeFile(file, JSON.stringify(items, null, 2))
    if (options.json) return sayJson({ file, signed })
    say(signed.length === 0 ? `All of ${file} is signed already.` : `Signed in ${file}: ${signed.join(', ')}.`)
  })

/** The gateway's word alone says what they follow; the signature goes to whoever pushes them. */
async function signFleet(folder: string, { key, json, ...gateway }: Options): Promise<void> {
  const declared = await readFleet(fleetFolder(folder))
  if (!declared) throw new Failure(`There are no fleet rules in ${fleetFolder(folder)}.`, exitCodes.usage)
  const signed = await fleetSignature(declared.documents, gateway, await readSigner(key))
  if (json) return sayJson(signed)
  const { environment, sequence, signature } = signed
  tell(`Signed for ${environment}, as sequence ${sequence}. To send them: gatehouse push ${folder} --fleet-signature`)
  say(signature)
}

/** The private part is for its owner's eyes only, and an older key is never written over. */
async function makeKey({ key: file, algorithm, name }: Options): Promise<void> {
  const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true })
  const about = { kid: name ?? crypto.randomUUID(), alg: algorithm, use: 'sig' }
  const jwk = JSON.stringify({ ...(await exportJWK(privateKey)), ...about })
  await writeFile(file, jwk, { mode: 0o600, flag: 'wx' }).catch((error: NodeJS.ErrnoException) => {
    throw new Failure(`The key cannot be written to ${file}: ${error.code}.`, exitCodes.usage)
  })
  say(JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), ...about }] }))
}
