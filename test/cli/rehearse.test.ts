import { join } from 'node:path'
import { dump } from 'js-yaml'
import { expect, it } from 'vitest'
import { requestRule } from '../support/fleet.ts'
import { probeManifest } from '../support/node/app.ts'
import { gatehouse, temporaryFolder, write } from '../support/node/gateway.ts'

const apps = ['one', 'two', 'three', 'four', 'five']

/** A log of 400 calls of five apps, some of them POSTs; four apps POST 312 times in all. */
const log = Array.from({ length: 400 }, (_, index) => {
  const app = index < 312 ? apps[index % 4] : 'five'
  return JSON.stringify({
    level: 'info',
    event: 'request',
    app,
    route: '/*',
    method: index < 312 ? 'POST' : 'GET',
    bytesIn: 0,
  })
})

it('gatehouse policy rehearse says what a rule would have denied, of how many apps', async () => {
  await using folder = await temporaryFolder()
  const rule = requestRule('sample', "request.method != 'POST'", {
    match: 'true',
    allows: {},
    denies: { request: { method: 'POST' } },
  })
  await write(folder.path, {
    'rule.yaml': dump(rule),
    'gateway.log': ['starting', ...log].join('\n'),
    ...Object.fromEntries(
      apps.map(app => [
        `registry/${app}.yaml`,
        probeManifest('https://probe.example.com').replace('name: probe', `name: ${app}`),
      ]),
    ),
  })
  const path = (name: string) => join(folder.path, name)
  const run = (...more: string[]) =>
    gatehouse(['policy', 'rehearse', path('rule.yaml'), '--registry', path('registry'), ...more])
  const said = await run('--log', path('gateway.log'))
  expect(said.stderr).toBe('')
  expect(said.stdout).toMatch(
    /^400 requests on record, 0 refused at the time, 0 of apps that are not in the registry\.$/m,
  )
  expect(said.stdout).toMatch(/request-rule would have denied 312 requests of 4 apps\.$/m)
  const json = JSON.parse((await run('--log', path('gateway.log'), '--app', 'two', '--json')).stdout)
  expect(json).toMatchObject({ counts: { requests: 78 }, rules: [{ rule: 'request-rule', requests: { two: 78 } }] })
  const missing = await run('--log', path('none.log'))
  expect({ code: missing.code, said: missing.stderr }).toEqual({
    code: 1,
    said: expect.stringContaining('cannot be read: ENOENT'),
  })
})
