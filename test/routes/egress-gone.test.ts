import { expect, it } from 'vitest'
import { egressApp, goOut } from '../support/egress-app.ts'
import { eventually } from '../support/time.ts'
import { appAt } from '../support/upstream.ts'

it('an app that goes away before the answer begins leaves the outside, its slot and its lease behind', async () => {
  let isSilent = true
  const seen = appAt('gone-egress.example.com', () => (isSilent ? new Promise(() => {}) : new Response('ok')))
  const token = await egressApp('egress-gone', {
    egress: [{ to: 'https://gone-egress.example.com', concurrency: 1 }],
  })
  const leaving = new AbortController()
  const left = goOut(token, '/gone-egress.example.com/', { signal: leaving.signal })
  await eventually(() => expect(seen).toHaveLength(1))
  leaving.abort()
  await expect(left).rejects.toThrow()
  isSilent = false
  await eventually(async () => {
    const next = await goOut(token, '/gone-egress.example.com/')
    expect(next.status).toBe(200)
    await next.text()
  })
})
