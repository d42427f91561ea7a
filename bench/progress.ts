import { styleText } from 'node:util'
import type { Progress } from './mailbox.ts'
import { rateOf } from './summary.ts'

/** One line a step on stderr, coloured only on a terminal. */
export const progressOnStderr: Progress = {
  before({ target, shape, round }, at, of) {
    const load = shape.kind === 'open' ? `${shape.perSecond}/s` : `${shape.connections} connections`
    const phase = at <= 3 ? 'warm-up' : `round ${round + 1}`
    write(`${paint('dim', `[${String(at).padStart(2)}/${of}]`)} ${target}, ${load}, ${phase}: `)
  },
  note: line => write(`${line}\n`),
  after(outcome) {
    const { load, delivered } = outcome
    const drain = delivered ? `, drained in ${delivered.drainSeconds.toFixed(1)} s` : ''
    const isGood = load.errors.length === 0 && !delivered?.lost && !delivered?.repeated
    write(`${rateOf(outcome).toFixed(0)} accepted/s${drain}${isGood ? '' : paint('red', ' FAILED')}\n`)
  },
}

function write(text: string): void {
  process.stderr.write(text)
}

function paint(style: 'dim' | 'red', text: string): string {
  return styleText(style, text, { stream: process.stderr })
}
