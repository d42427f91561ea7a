import {
  type CelList,
  CelScalar,
  type CelValue,
  celFunc,
  celList,
  isCelList,
  isCelMap,
  listType,
  mapType,
} from '@bufbuild/cel'
import { compilePattern } from '#core/pattern.ts'
import type { Steps } from '#core/steps.ts'
import { spendOn } from './values.ts'

/** Spends what a call costs, before it is made. A method's target is the first argument. */
type Price = (args: readonly CelValue[], steps: Steps) => void

const cheap: Price = (args, steps) => steps.spend(1 + args.reduce<number>((sum, arg) => sum + (lengthOf(arg) >> 6), 0))
/** Lists and maps are walked side by side, which costs more than what stands in them. */
const compared: Price = ([first], steps) => {
  if (isCelList(first) || isCelMap(first)) steps.spend(8)
  spendOn(first, steps)
}
/** A text that is no number is an error, which takes its time. */
const parsed: Price = ([text], steps) => steps.spend(lengthOf(text) === 0 ? 1 : 450 + lengthOf(text) ** 2 / 64)
/** A message is made of what was read. */
const made: Price = ([text], steps) => steps.spend(48 + lengthOf(text) ** 2 / 64)
const dear: Price = (_, steps) => steps.spend(1_200)

/**
 * Every function an expression may call, with its price: nothing is available that is not priced here.
 * The library's `replace` would not be: chained 16 times it ran for 21 s.
 */
export const prices: Readonly<Record<string, Price>> = {
  '!_': cheap,
  '-_': cheap,
  '_==_': compared,
  '_!=_': compared,
  '_<_': cheap,
  '_<=_': cheap,
  '_>_': cheap,
  '_>=_': cheap,
  '_+_': (args, steps) =>
    steps.spend(1 + args.reduce<number>((sum, arg) => sum + ((sizeOf(arg) * (isCelList(arg) ? 6 : 1)) >> 4), 0)),
  '_-_': cheap,
  '_*_': cheap,
  '_/_': cheap,
  '_%_': cheap,
  '@in': ([, within], steps) => {
    steps.spend(8)
    if (isCelList(within)) spendOn(within, steps)
  },
  size: ([of], steps) => steps.spend(12 + (isCelMap(of) ? of.size >> 5 : lengthOf(of) >> 2)),
  contains: ([text, part], steps) => steps.spend(1 + (lengthOf(text) >> 6) * (1 + (lengthOf(part) >> 2))),
  startsWith: cheap,
  endsWith: cheap,
  matches: ([text, pattern], steps) => {
    const compiled = compilePattern(String(pattern))
    if (typeof compiled === 'string') throw new Error(compiled)
    steps.spend(compiled.steps(String(text)))
  },
  int: parsed,
  uint: parsed,
  double: parsed,
  bool: cheap,
  string: cheap,
  type: cheap,
  dyn: cheap,
  timestamp: made,
  duration: made,
  getFullYear: dear,
  getMonth: dear,
  getDate: dear,
  getDayOfMonth: dear,
  getDayOfWeek: dear,
  getDayOfYear: dear,
  getHours: dear,
  getMinutes: dear,
  getSeconds: dear,
  getMilliseconds: dear,
  '@turn': ([, nodes], steps) => steps.spend(Number(nodes)),
  '@range': ([range], steps) => steps.spend(1 + (sizeOf(range) >> 2)),
}

/** What the planner evaluates itself; it is cheap, and within a loop counted by the turn. */
export const operators: ReadonlySet<string> = new Set(['_[_]', '_?_:_', '_&&_', '_||_', '@not_strictly_false'])

const list = listType(CelScalar.DYN)
const map = mapType(CelScalar.DYN, CelScalar.DYN)

/**
 * Our own functions beside the library's. `@turn` and `@range` stand where the compiler puts them, to
 * count each turn of a loop. Lists are joined flat: the library nests them, and a list that `map` or
 * `filter` built would then take quadratic time, and a stack frame per item, to read. A member that is
 * null is there: the library's `in` says it is not.
 */
export const ownFunctions = [
  celFunc('@turn', [CelScalar.DYN, CelScalar.INT], CelScalar.DYN, goesOn => goesOn),
  celFunc('@range', [CelScalar.DYN], CelScalar.DYN, range => range),
  celFunc('_+_', [list, list], list, (one, other) => celList(joined([one, other]))),
  celFunc('@in', [CelScalar.STRING, map], CelScalar.BOOL, (name, members) => members.get(name) !== undefined),
]

/** By place, since iterating takes several times as long. */
function joined(lists: readonly CelList[]): CelValue[] {
  const items: CelValue[] = []
  for (const from of lists) for (let at = 0; at < from.size; at++) items.push(from.get(at) as CelValue)
  return items
}

function lengthOf(value: CelValue | undefined): number {
  return typeof value === 'string' || value instanceof Uint8Array ? value.length : 0
}

function sizeOf(value: CelValue | undefined): number {
  return isCelList(value) || isCelMap(value) ? value.size : lengthOf(value) >> 1
}
