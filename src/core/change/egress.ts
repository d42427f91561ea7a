import type { EgressRule } from '#core/manifest/egress-schema.ts'
import type { AnswerGuards, Guards } from '#core/manifest/guard-schema.ts'
import type { Hold, Row } from './difference.ts'
import { atMost, guardsOf, holds } from './guards.ts'

export const wayTo = (name: string) => `the way to ${name}`

/** Where the app may go, what it shows there, and what looks at it on the way. */
export const egressRows: readonly Row[] = [
  { area: 'egress', opens: ({ ways }) => ways.map(({ name }) => `the way to ${name}`) },
  {
    area: 'egress',
    opens: ({ ways }) =>
      ways.flatMap(({ name, decided }) =>
        decided.flatMap(({ credential, mode }) =>
          credential && mode === 'enforce' ? [`the secret ${credential.secret} as ${credential.as} to ${name}`] : [],
        ),
      ),
  },
  { area: 'egress', guards: ({ ways }) => guardsOf(ways, wayTo, guardHolds) },
  {
    area: 'egress',
    opens({ ways, spec, other }) {
      const known = [spec, other].flatMap(({ egress }) => egress.flatMap(({ guards }) => guards?.models ?? []))
      return ways.flatMap(({ name, decided }) =>
        decided.flatMap(({ guards }) => (guards?.models ?? known).map(model => `the model ${model} at ${name}`)),
      )
    },
  },
]

const leading = { record: 0, redact: 1, tokenize: 1, deny: 2 }

function guardHolds({ guards }: EgressRule): Hold[] {
  if (!guards) return []
  const { models, maxPromptTokens, after } = guards
  return [
    ...holds('none but named models', models !== undefined),
    ...atMost('tokens of a prompt', maxPromptTokens),
    ...sharedHolds(guards, 'prompts'),
    ...(['models', 'maxPromptTokens'] as const).flatMap(name => closedHold(guards, name, 'prompts')),
    ...(after ? sharedHolds(after, 'answers') : []),
  ]
}

/** What is looked for in both. */
function sharedHolds(guards: Guards | AnswerGuards, side: 'prompts' | 'answers'): Hold[] {
  const { promptInjection, remote } = guards
  return [
    ...(promptInjection
      ? [{ name: `injections in ${side}`, level: promptInjection === 'deny' ? 2 : 1, shown: promptInjection }]
      : []),
    ...closedHold(guards, 'promptInjection', side),
    ...(remote
      ? [
          {
            name: `findings of ${remote.url} in ${side}`,
            level: leading[remote.action] - remote.scoreThreshold,
            shown: remote.action,
          },
        ]
      : []),
    ...holds(`no ${side} pass while ${remote?.url} is away`, remote?.onError === 'closed'),
  ]
}

function closedHold(guards: Guards, name: 'models' | 'maxPromptTokens' | 'promptInjection', side: string): Hold[] {
  return holds(
    `no ${side} pass that ${name} cannot read`,
    guards[name] !== undefined && guards.onError?.[name] !== 'open',
  )
}
