import { Command } from 'commander'
import { dump } from 'js-yaml'
import { definition } from '../kubernetes/definition.ts'
import { admissionPolicy } from '../kubernetes/policy.ts'
import { exitCodes, Failure, paint, say, sayJson, tell } from '../output.ts'
import { readFleets } from '../registry/fleet.ts'

interface Options {
  readonly group: string
  readonly environment: string
  readonly crd: boolean
  readonly json: boolean
}

export const exportRules = new Command('export')
  .description('print the rules over manifests as Kubernetes ValidatingAdmissionPolicies, with their bindings')
  .argument('[rules...]', 'files or folders of *.yaml rules and values', ['registry/fleet'])
  .option('--group <domain>', 'API group under which Kubernetes has manifests', 'gatehouse.example.com')
  .option('--environment <name>', 'what rules read as `environment`', 'production')
  .option('--crd', 'also the CustomResourceDefinition of manifests, with the defaults that the rules count on', false)
  .option('--json', 'print a Kubernetes List as JSON', false)
  .action(async (paths: readonly string[], { group, environment, crd, json }: Options) => {
    if (!/^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(group))
      throw new Failure(`${group} is no API group. Name a domain, such as gatehouse.example.com.`, exitCodes.usage)
    const { rules, org } = await readFleets(paths)
    const documents: object[] = crd ? [definition(group)] : []
    for (const rule of rules) {
      const { name } = rule.source.metadata
      const exported = admissionPolicy(rule, group, { environment, org })
      if (exported.kind === 'exported') documents.push(...exported.documents)
      const notes = exported.kind === 'left' ? [`is left out: it ${exported.why}`] : exported.notes
      for (const note of notes) tell(`${paint('yellow', 'warning', process.stderr)} ${name} ${note}`)
    }
    if (documents.length === 0) throw new Failure(`None of the rules in ${paths.join(', ')} can be exported.`)
    if (json) return sayJson({ apiVersion: 'v1', kind: 'List', items: documents })
    say(
      documents
        .map(document => dump(document, { lineWidth: -1, noRefs: true }))
        .join('---\n')
        .trimEnd(),
    )
  })
