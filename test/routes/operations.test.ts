import { exports } from 'cloudflare:workers'
import { expect, it } from 'vitest'

it('is ready when every binding answers', async () => {
  const response = await exports.default.fetch('http://gate/readyz')
  expect(await response.text()).toBe('ready')
})
