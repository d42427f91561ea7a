import { type CheckSetting, checkManifest } from '#core/manifest/check.ts'
import { pathText } from '#core/manifest/problems.ts'
import { policyNames } from '#policies/pipeline.ts'

const place = { bucket: 'BUCKET', deadLetters: 'QUEUE', spill: 'SPILL', countries: [], continents: [] }

/** `far` is a region that nothing but a hint puts anywhere. */
const regions: CheckSetting['regions'] = new Map([
  ['eu', { jurisdiction: 'eu', ...place }],
  ['us', { jurisdiction: 'us', ...place }],
  ['far', { hint: 'oc', ...place }],
])

/** An environment that vendors reach, with one address of the gateway's own. */
export const deployed: CheckSetting = { isLocal: false, ownHosts: ['gate.example.com'], policies: policyNames, regions }

/** One machine. */
export const local: CheckSetting = { ...deployed, isLocal: true }

type Fields = Readonly<Record<string, unknown>>

/** The least manifest there is, with the fields of `spec` given replaced. */
export function documentOf(spec: Fields = {}, name = 'shop') {
  return {
    apiVersion: 'gatehouse/v1',
    kind: 'MicroApp',
    metadata: { name },
    spec: {
      owner: { user: 'tess', team: 'tests', contact: '#tests' },
      lifecycle: { stage: 'sandbox' },
      upstreams: [{ name: 'stable', url: 'https://shop.example.com' }],
      webhooks: { github: { scheme: 'github', secrets: ['current'], path: '/hooks' } },
      ...spec,
    },
  }
}

/** The least manifest with one source, of which the fields given are replaced. */
export function documentWith(source: Fields) {
  return documentOf({ webhooks: { own: { scheme: 'stripe', secrets: ['current'], path: '/hooks', ...source } } })
}

/** What is wrong with a document, as `path: reason`; empty when it is accepted. */
export function faultsOf(document: unknown, setting: CheckSetting = deployed): string[] {
  const checked = checkManifest(document, setting)
  return checked.kind === 'accepted' ? [] : checked.findings.map(({ at, reason }) => `${pathText(at)}: ${reason}`)
}

/** The remedy offered for what is wrong at a path. */
export function remedyAt(document: unknown, path: string, setting: CheckSetting = deployed): string | undefined {
  const checked = checkManifest(document, setting)
  return checked.kind === 'accepted' ? undefined : checked.findings.find(({ at }) => pathText(at) === path)?.remedy
}
