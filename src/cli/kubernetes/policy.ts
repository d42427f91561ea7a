import type { FleetRule } from '#core/fleet/judge.ts'
import { NotExportable, rewritten, type Setting } from './rewrite.ts'

/** The resource under which Kubernetes has manifests. */
export const plural = 'microapps'
export const version = 'v1'

/** A rule as Kubernetes takes it: the policy, and the binding that puts it in force. */
export type Exported =
  | { readonly kind: 'exported'; readonly documents: readonly object[]; readonly notes: readonly string[] }
  | { readonly kind: 'left'; readonly why: string }

/**
 * A rule over manifests as a ValidatingAdmissionPolicy (admissionregistration.k8s.io/v1). Its tests and exceptions
 * stay behind: Kubernetes does not know the day on which an exception ends.
 *
 * @param group the API group of the resource
 */
export function admissionPolicy({ source }: FleetRule, group: string, setting: Setting): Exported {
  const { metadata, spec } = source
  if (!spec.points.includes('publish')) return { kind: 'left', why: 'is asked about requests alone' }
  try {
    const name = `gatehouse-${metadata.name}`
    const policy = {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicy',
      metadata: { name, labels: { 'gatehouse-layer': spec.layer } },
      spec: {
        failurePolicy: spec.failurePolicy === 'Deny' ? 'Fail' : 'Ignore',
        matchConstraints: {
          resourceRules: [
            { apiGroups: [group], apiVersions: [version], operations: ['CREATE', 'UPDATE'], resources: [plural] },
          ],
        },
        ...(spec.match !== 'true' && {
          matchConditions: [{ name: 'match', expression: rewritten(spec.match, setting) }],
        }),
        validations: spec.validations.map(({ id, expression, path, message = id, messageExpression, remediation }) => ({
          expression: rewritten(expression, setting),
          message: `${path} ${message}. ${remediation}`.replaceAll(/\s+/g, ' '),
          ...(messageExpression !== undefined && { messageExpression: rewritten(messageExpression, setting) }),
        })),
      },
    }
    const binding = {
      apiVersion: 'admissionregistration.k8s.io/v1',
      kind: 'ValidatingAdmissionPolicyBinding',
      metadata: { name },
      spec: { policyName: name, validationActions: [spec.action] },
    }
    const notes = spec.exceptions.map(({ app }) => `its exception for ${app} is left out: it would never end`)
    return { kind: 'exported', documents: [policy, binding], notes }
  } catch (error) {
    if (error instanceof NotExportable) return { kind: 'left', why: error.message }
    throw error
  }
}
