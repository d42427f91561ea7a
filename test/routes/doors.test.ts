import { exports } from 'cloudflare:workers'
import { expect, it } from 'vitest'
import { apiApp } from '../support/api-app.ts'
import { expectFault } from '../support/faults.ts'

const ask = (path: string, method = 'GET') => exports.default.fetch(`http://gate.example${path}`, { method })

it('an app is called under `/apps/` as it was sent, and under nothing that reads like it', async () => {
  const seen = await apiApp('door-raw')
  expect((await ask('/apps/door-raw')).status).toBe(200)
  expect((await ask('/apps/door-raw/x')).status).toBe(200)
  for (const path of [
    '/apps',
    '/apps?of=/apps/door-raw/x',
    '/%61pps/door-raw/x',
    '/APPS/door-raw/x',
    '//apps/door-raw',
  ])
    await expectFault(await ask(path), 'route-unknown', 404)
  for (const path of ['/apps/', '/apps//door-raw', '/apps/%64oor-raw/x', '/apps/door%2draw/x'])
    await expectFault(await ask(path), 'app-unknown', 404)
  expect(seen.map(({ url }) => new URL(url).pathname)).toEqual(['/', '/x'])
})

it('a HEAD is answered without a body, by the app as by the gateway', async () => {
  await apiApp('door-head')
  const answers = await Promise.all(
    ['/apps/door-head/x', '/apps/door-none/x', '/nowhere'].map(path => ask(path, 'HEAD')),
  )
  expect(answers.map(({ status }) => status)).toEqual([200, 404, 404])
  expect(await Promise.all(answers.map(answer => answer.text()))).toEqual(['', '', ''])
})
