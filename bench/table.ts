/**
 * A table as plain text: the first column to the left, all others to the right, as figures are read.
 * It ends in a line break.
 */
export function table(title: string, head: readonly string[], rows: readonly (readonly string[])[]): string {
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map(row => row[column]?.length ?? 0)))
  const line = (cells: readonly string[]) =>
    widths
      .map((width, column) => (column === 0 ? (cells[0] ?? '').padEnd(width) : (cells[column] ?? '').padStart(width)))
      .join('  ')
      .trimEnd()
  return `${[title, line(head), line(widths.map(width => '-'.repeat(width))), ...rows.map(line)].join('\n')}\n`
}

/** A number with so many decimals that three digits count, or a dash for `NaN`. */
export function figure(value: number): string {
  if (Number.isNaN(value)) return '-'
  return value.toFixed(Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2)
}
