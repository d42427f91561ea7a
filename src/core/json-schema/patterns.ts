import { format } from '@cfworker/json-schema'
import { compilePattern } from '#core/pattern.ts'

/** Under such a name the library finds a pattern among its formats. */
const prefix = 're2:'

/** What 32 characters of text cost against a pattern, in the steps of `cost.ts`; 100 ns each. */
export function patternSteps(pattern: unknown): number {
  const compiled = typeof pattern === 'string' ? compilePattern(pattern) : ''
  return typeof compiled === 'string' ? 0 : 10 + compiled.steps('x'.repeat(32)) / 3
}

/**
 * The name of a format that holds for what a pattern matches. The library's own `pattern` backtracks; this one
 * takes time linear in the text. A name stays for the isolate's life, and costs as much memory as its pattern.
 */
export function formatOf(pattern: string): string {
  const name = prefix + pattern
  format[name] ??= text => {
    const compiled = compilePattern(pattern)
    if (typeof compiled === 'string') throw new Error(`a pattern that was refused at publish is in force: ${compiled}`)
    return compiled.test(text)
  }
  return name
}

/** Whether the library's message is about a pattern. */
export function isOfPattern(message: string): boolean {
  return message.includes(`"${prefix}`)
}
