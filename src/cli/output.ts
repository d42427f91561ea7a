import { stripVTControlCharacters, styleText } from 'node:util'
import type { Problem } from '#core/fault.ts'

/** Exit codes, the same for every command. */
export const exitCodes = { done: 0, refused: 1, usage: 2, unreachable: 3 } as const

/** A failure with an exit code of its own; its message is all that is shown. */
export class Failure extends Error {
  readonly exitCode: number
  readonly problems: readonly Problem[]

  constructor(message: string, exitCode: number = exitCodes.refused, problems: readonly Problem[] = []) {
    super(message)
    this.exitCode = exitCode
    this.problems = problems
  }
}

/** Colours text for a stream that shows colours (a terminal, and NO_COLOR unset); plain text otherwise. */
export function paint(
  format: Parameters<typeof styleText>[0],
  text: string,
  stream: NodeJS.WriteStream = process.stdout,
): string {
  return styleText(format, text, { stream })
}

export function say(line = ''): void {
  process.stdout.write(`${line}\n`)
}

/** Progress and warnings; apart from the result, so that `--json` output stays clean. */
export function tell(line: string): void {
  process.stderr.write(`${line}\n`)
}

export function sayJson(value: unknown): void {
  say(JSON.stringify(value, null, 2))
}

/** Rows in aligned columns; the first row is the heading. */
export function table(rows: readonly (readonly string[])[]): string {
  const width = (text: string) => stripVTControlCharacters(text).length
  const widths = (rows[0] ?? []).map((_, column) => Math.max(...rows.map(row => width(row[column] ?? ''))))
  return rows
    .map(row =>
      row
        .map((cell, column) => cell + ' '.repeat(Math.max(0, (widths[column] ?? 0) - width(cell))))
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
}

/** One problem, as an editor's problem list shows it: file:line, path, reason, remedy. */
export function problemText({ file, line, path, reason, remedy, rule, layer }: Problem): string {
  const place = [file, line].filter(part => part !== undefined).join(':')
  return `${place ? `${paint('bold', place, process.stderr)}  ` : ''}${path} ${reason}${rule ? ` (${layer ? `${layer} ` : ''}rule ${rule})` : ''}. ${paint('dim', remedy, process.stderr)}`
}
