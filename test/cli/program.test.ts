import { expect, it } from 'vitest'
import { programFor } from '#cli/program.ts'
import { gatehouse } from '../support/node/gateway.ts'

const namesOf = async (...words: string[]) => (await programFor(words)).commands.map(command => command.name())

it('a command is loaded by its name, without the others', async () => {
  const all = await namesOf()
  expect(all).toContain('start')
  for (const name of all) expect(await namesOf(name, '--json')).toEqual([name])
})

it('help and what is no command load them all', async () => {
  const all = await namesOf()
  for (const word of ['help', '--help', '--version', 'evnets', 'constructor']) expect(await namesOf(word)).toEqual(all)
})

it('help shows every command, and a mistyped one is answered with the nearest', async () => {
  const { code, stdout } = await gatehouse(['--help'])
  expect(code).toBe(0)
  for (const name of await namesOf()) expect(stdout).toMatch(new RegExp(`^  ${name} `, 'm'))
  const mistyped = await gatehouse(['evnets'])
  expect(mistyped.code).toBe(2)
  expect(mistyped.stderr).toContain('Did you mean events?')
})
