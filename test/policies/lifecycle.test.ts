import { describe, expect, it } from 'vitest'
import { stages } from '#core/manifest/schema.ts'
import { lifecycle } from '#policies/lifecycle.ts'
import { entryOf, exchangeOf, recordingPorts } from '../support/ports.ts'

describe('lifecycle', () => {
  const verdictOn = (stage: string) =>
    lifecycle.before(exchangeOf({ entry: entryOf({ lifecycle: { stage } }) }), recordingPorts().ports)

  it.each(stages.filter(stage => stage !== 'decommission'))('lets an app in %s take webhooks in', async stage => {
    expect(await verdictOn(stage)).toMatchObject({ kind: 'pass' })
  })

  it('denies an app in decommission, whose end has come', async () => {
    expect(await verdictOn('decommission')).toMatchObject({ kind: 'deny', fault: 'app-expired' })
  })
})
