import { CommanderError } from 'commander'
import { exitCodes, Failure, paint, problemText, sayJson, tell } from './output.ts'
import { programFor } from './program.ts'

/** Runs the command that was typed. What goes wrong is told, and sets the exit code. */
export async function run(): Promise<void> {
  try {
    await (await programFor(process.argv.slice(2))).parseAsync()
  } catch (error) {
    process.exitCode = report(error)
  }
}

function report(error: unknown): number {
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.done : exitCodes.usage
  if (!(error instanceof Failure)) {
    tell(`${paint('red', 'error', process.stderr)} ${error instanceof Error ? error.message : error}`)
    return exitCodes.refused
  }
  if (process.argv.includes('--json')) sayJson({ error: error.message, faults: error.problems })
  else {
    for (const problem of error.problems) tell(problemText(problem))
    tell(`${paint('red', 'error', process.stderr)} ${error.message}`)
  }
  return error.exitCode
}
