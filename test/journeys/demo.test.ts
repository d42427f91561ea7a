import { expect, it } from 'vitest'
import { scenes } from '../../scripts/demo/scenes.ts'
import { shell } from '../support/node/gateway.ts'

it('`npm run demo` plays every scene as it should go, and ends with 0', async () => {
  const { code, stdout } = await shell('npm run --silent demo')
  expect({ code, stdout }).toMatchObject({ code: 0 })
  for (const { title } of scenes) expect(stdout).toContain(title)
  expect(stdout).toContain(`All ${scenes.length} went as they should.`)
})
