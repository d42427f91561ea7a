import { paint, say, table, tell } from '#cli/output.ts'
import { scenes } from './scenes.ts'
import { openStage } from './stage.ts'

/**
 * `npm run demo`: real, vendor-signed traffic through the real gateway, and what became of each request.
 * Ends with 0 only if every scene went as it should.
 */
tell('Starting the gateway and the sample micro-app …')
const stage = await openStage()
const rows = [['WHAT IS SENT', 'ANSWER', 'WHAT BECAME OF IT']]
let failures = 0
try {
  for (const [index, { title, play }] of scenes.entries()) {
    tell(paint('dim', `${index + 1}/${scenes.length} ${title}`, process.stderr))
    try {
      const { answer, became } = await play(stage)
      rows.push([title, answer, paint('green', became)])
    } catch (error) {
      failures += 1
      rows.push([title, paint('red', 'not as it should be'), error instanceof Error ? error.message : String(error)])
    }
  }
} finally {
  await stage.close()
}
say(`\n${table(rows)}\n`)
say(
  failures === 0
    ? `All ${scenes.length} went as they should.`
    : `${failures} of ${scenes.length} did not go as they should.`,
)
process.exit(failures === 0 ? 0 : 1)
