import type { CounterName, CounterSums, HistogramName } from '#core/ports.ts'
import { bucketsMs } from './histogram.ts'

const helps: Record<CounterName, string> = {
  hooks_requests_total:
    'Requests at /hooks by result: accepted, answered, dropped, duplicate, handshake, or a fault code',
  api_requests_total: 'Requests at /apps by route, method, upstream and result: the HTTP status, or a fault code',
  api_retries_total: 'Requests sent to an upstream again',
  upstream_changes_total: 'Upstreams found down (opened) or up (closed), canaries called off',
  standing_unheard_total: 'Reports on upstreams that the meter did not answer in time',
  egress_requests_total:
    'Requests at /egress by host of their rule, decision (allow, would-deny, deny) and result: the HTTP status, or a fault code',
  egress_bytes_total: 'Bytes of bodies sent out and taken in at /egress, by the host of their rule',
  egress_microdollars_total: 'What requests at /egress cost, in millionths of a US dollar, by the host of their rule',
  egress_unpriced_total: 'Requests charged at the dearest price, as their model has none',
  egress_scrubbed_total: 'Credentials blotted out in answers from outside',
  policy_verdicts_total: 'Verdicts of policies: pass, drop, deny, would-drop, would-deny',
  stage_milliseconds_total: 'Milliseconds that stages waited (clocks stand still during CPU work)',
  token_verifications_total:
    'Tokens that had to be verified or asked about, by result: known, or a fault code; memory knew the others',
  key_set_fetches_total: "Requests for an issuer's keys: fetched or failed",
  webhook_secret_matches_total: 'Webhooks verified, by which of the active secrets',
  filter_errors_total: 'Events that a filter could not judge, by reason; they are kept and delivered',
  fleet_rule_findings_total:
    'Findings of fleet rules, by door or at publish, rule, weight (Deny, Warn, Audit) and why: broken, or error',
  rate_decisions_total: 'Decisions of limits: from memory or after asking the store, granted or refused',
  rate_store_away_total: 'Decisions made while the store of the limits was away: granted, refused or closed',
  replayed_bytes_total: 'Duplicates by their signed bytes under a new event id',
  spills_total: 'Events whose mailbox did not answer: sibling, queue, refused; then handed-over, alias',
  deliveries_total: 'Delivery attempts by HTTP status or fault',
  delivery_outcome_unknown_total: 'Attempts whose outcome was never reported; they are made again',
  dead_letters_total: 'Dead letters, by reason',
  breaker_changes_total: 'Times the breaker of an app opened or closed',
  owner_notices_total: 'Tries to tell an owner: told, failed, refused, unwanted, given-up',
  secret_uses_total: 'Times a secret was asked for, by name',
  masked_values_total: 'Values masked, by door, type and action',
  masking_residue_total:
    'Bodies, streams and addresses held back, as a value was seen in them after masking, by rule and type',
  guard_verdicts_total: 'What guards of model traffic said, by side (prompt, answer), guard and verdict',
  audit_lost_total: 'Audit records that were not written; the log has them',
  switchboard_away_total: 'Questions to the switchboard that got no answer in time',
}

const histogramHelps: Record<HistogramName, string> = {
  api_request_milliseconds: 'Time from a call at /apps until its answer began',
  api_upstream_milliseconds: 'Time from asking the app until its answer began',
}

/** The sums in the text format of Prometheus, version 0.0.4; their age is a gauge of its own. */
export function prometheusText({ series, ageSeconds }: CounterSums): string {
  const lines: string[] = []
  for (const [name, help] of Object.entries(helps)) {
    const own = series.filter(one => one.name === name)
    if (own.length === 0) continue
    lines.push(`# HELP gatehouse_${name} ${help}`, `# TYPE gatehouse_${name} counter`)
    for (const { app, labels, value } of own) lines.push(`gatehouse_${name}{${labelText({ app, ...labels })}} ${value}`)
  }
  for (const [name, help] of Object.entries(histogramHelps)) lines.push(...histogramLines(name, help, series))
  lines.push(
    '# HELP gatehouse_metrics_age_seconds Seconds since the meter flushed longest ago heard of anything',
    '# TYPE gatehouse_metrics_age_seconds gauge',
  )
  lines.push(`gatehouse_metrics_age_seconds ${ageSeconds}`)
  return `${lines.join('\n')}\n`
}

/** Each series counts its own bucket; in the text a bucket holds those below it too. */
function histogramLines(name: string, help: string, series: CounterSums['series']): string[] {
  const byLabels = Map.groupBy(
    series.filter(one => one.name === name),
    ({ app, labels: { le: _, ...labels } }) => labelText({ app, ...labels }),
  )
  if (byLabels.size === 0) return []
  const lines = [`# HELP gatehouse_${name} ${help}`, `# TYPE gatehouse_${name} histogram`]
  for (const [labels, own] of byLabels) {
    const counted = new Map(own.map(({ labels: { le = '' }, value }) => [le, value]))
    let below = 0
    for (const le of [...bucketsMs.map(String), '+Inf']) {
      below += counted.get(le) ?? 0
      lines.push(`gatehouse_${name}_bucket{${labels},le="${le}"} ${below}`)
    }
    lines.push(
      `gatehouse_${name}_sum{${labels}} ${counted.get('sum') ?? 0}`,
      `gatehouse_${name}_count{${labels}} ${below}`,
    )
  }
  return lines
}

function labelText(labels: Readonly<Record<string, string>>): string {
  const escaped = (value: string) => value.replaceAll('\\', '\\\\').replaceAll('"', '\\"').replaceAll('\n', '\\n')
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${escaped(value)}"`)
    .join(',')
}
