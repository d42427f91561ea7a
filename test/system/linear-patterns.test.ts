import { checkSync } from 'recheck'
import { describe, expect, it } from 'vitest'
import { numberRows } from '#core/masking/detectors/numbers/rows.ts'
import type { PlanRow } from '#core/masking/detectors/phones/metadata.ts'
import numberingPlans from '#core/masking/detectors/phones/numbering-plans.json' with { type: 'json' }
import { markedSecrets, shapedSecrets } from '#core/masking/detectors/secrets/rows.ts'
import { wordRows } from '#core/masking/detectors/words/rows.ts'
import { alternatives } from '../support/node/alternatives.ts'

/** The checker as JavaScript, since its other forms start another process for each pattern. */
process.env.RECHECK_BACKEND = 'pure'

const wordEnd = '(?:[^A-Za-z\\d]|$)'
/** Every pattern, and what ends it. Tried from one place on, so that its alternatives may be judged one by one. */
const sources = [
  ...numberRows.flatMap(({ shape }) => (shape ? [[shape.source.replace(/^\^|\$$/g, ''), '$'] as const] : [])),
  ...wordRows.map(({ pattern }) => [pattern.source, wordEnd] as const),
  ...markedSecrets.map(({ rest }) => [rest.source, wordEnd] as const),
  ...shapedSecrets.map(({ shape }) => [shape.source.replace(/^\^|\$$/g, ''), '$'] as const),
].flatMap(([source, end]) => alternatives(source).map(one => `^(?:${one})${end}`))

/** What it matches numbers with: of at most 18 digits, which are all that stands in them. */
const plans = [
  ...new Set(
    Object.values(numberingPlans as unknown as Record<string, PlanRow | Record<string, PlanRow>>)
      .flatMap(own =>
        Array.isArray(own) ? [own as unknown as PlanRow] : Object.values(own as Record<string, PlanRow>),
      )
      .flatMap(([pattern, , trunk, , leading, kinds = []]) => [
        ...[pattern, ...kinds].filter(Boolean).map(whole => `^(?:${whole})$`),
        ...[trunk, leading].filter(Boolean).map(start => `^(?:${start})`),
      ]),
  ),
]

/**
 * The pattern at its worst: without bounds on repetitions, which could only hide that it is slow, and with any
 * mark where it asks for the same one again.
 */
function atWorst(source: string): string {
  return source
    .replaceAll(/\{(\d+)(?:,(\d*))?\}/g, (whole, least, most) =>
      Number(most ?? least) > 4 ? (least === '0' ? '*' : '+') : whole,
    )
    .replaceAll(/\\[1-9]/g, '[ ./-]')
}

/** Without a repetition there is nothing that could be slow. */
function mayRepeat(source: string): boolean {
  return /[+*]/.test(source.replaceAll(/\[[^\]]*\]/g, ''))
}

describe('patterns of masking', () => {
  it('take linear time on the worst text, every row’s', () => {
    const found = [...new Set(sources.map(atWorst))].filter(mayRepeat).map(source => {
      const { status } = checkSync(source, '', { timeout: 5_000 })
      return { source, status }
    })
    expect(found.length).toBeGreaterThan(60)
    expect(found.filter(({ status }) => status !== 'safe')).toEqual([])
  }, 240_000)

  it('of numbering plans take linear time as libphonenumber-js puts them together, and none repeats without end', () => {
    const found = plans.map(source => {
      const { status } = checkSync(source, '', { timeout: 5_000 })
      return { source, status }
    })
    expect(found.length).toBeGreaterThan(300)
    expect(found.filter(({ source, status }) => status !== 'safe' || /[+*]|,\}/.test(source))).toEqual([])
  }, 240_000)

  it('are told from ones that do not', () => {
    expect(checkSync(atWorst('^(?:a{1,40}){1,40}b$'), '', { timeout: 4_000 }).status).toBe('vulnerable')
    expect(checkSync('^(?:\\d{1,20}){1,20}$', '', { timeout: 4_000 }).status).toBe('vulnerable')
  })
})
