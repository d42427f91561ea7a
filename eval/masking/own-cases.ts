import type { Case } from './case.ts'
import type { Chance } from './chance.ts'
import { cleanTexts, hardCleanTexts } from './clean.ts'
import { anywhere, named, phoneTexts } from './contexts.ts'
import { secrets, surrounded } from './secrets.ts'
import { nationalPhone, values } from './values.ts'

/**
 * Fresh cases: valid values of every type in many spellings and surroundings, and clean texts, as many as values.
 *
 * @param perType how many values of each type
 */
export function ownCases(chance: Chance, perType: number): Case[] {
  const times = <Value>(count: number, make: () => Value) => Array.from({ length: count }, make)
  const ofTypes = Object.entries(values).flatMap(([type, make]) =>
    times(perType, () => placed(chance.one(named[type] ?? anywhere), make(chance), type)),
  )
  const phones = times(perType, () => placed(chance.one(phoneTexts), nationalPhone(chance), 'PHONE'))
  const tokens = Object.entries(secrets).flatMap(([subtype, make]) =>
    times(Math.ceil(perType / 5), () => placed(chance.one(anywhere), make(chance), 'API_SECRET', subtype)),
  )
  const told = surrounded.flatMap(([subtype, texts, make]) =>
    times(Math.ceil(perType / 5), () => placed(chance.one(texts), make(chance), 'API_SECRET', subtype)),
  )
  const labelled = [...ofTypes, ...phones, ...tokens, ...told]
  const perClean = Math.ceil(labelled.length / cleanTexts.length)
  const clean = cleanTexts.flatMap(make => times(perClean, (): Case => ({ text: make(chance), entities: [] })))
  return [...labelled, ...clean, ...hardOnes(chance, perType)]
}

/** Values that nothing around them tells, and what is disguised. */
function hardOnes(chance: Chance, count: number): Case[] {
  const hard = (one: Case): Case => ({ ...one, tags: ['hard'] })
  const make = (type: string) => values[type]?.(chance) ?? ''
  return Array.from({ length: count }, () => [
    hard(placed('{}', make('US_SSN').replaceAll(/\D/g, ''), 'US_SSN')),
    hard(placed('reach us under {}', nationalPhone(chance).replaceAll(/\D/g, ''), 'PHONE')),
    hard(placed('write to {}', make('EMAIL').replace('@', ' (at) '), 'EMAIL')),
    hard(placed('card {}', [...make('CREDIT_CARD').replaceAll(/\D/g, '')].join(' '), 'CREDIT_CARD')),
    ...hardCleanTexts.map(clean => hard({ text: clean(chance), entities: [] })),
  ]).flat()
}

function placed(frame: string, value: string, type: string, subtype?: string): Case {
  const start = frame.indexOf('{}')
  const label = { type, start, end: start + value.length, ...(subtype && { subtype }) }
  return { text: frame.slice(0, start) + value + frame.slice(start + 2), entities: [label] }
}
