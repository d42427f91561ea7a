import { OpenRedaction } from '@openredaction/core'
import { SyncRedactor } from 'redact-pii'

/** Other engines, with names and addresses off, which ours does not look for either. */
export type Other = 'redact-pii' | 'openredaction'

const off = { enabled: false }
let redactPii: SyncRedactor | undefined
let openRedaction: OpenRedaction | undefined

/** Lets another engine mask a text. */
export async function maskByOther(engine: Other, text: string): Promise<void> {
  if (engine === 'redact-pii') {
    redactPii ??= new SyncRedactor({ builtInRedactors: { names: off, streetAddress: off, zipcode: off } })
    redactPii.redact(text)
  } else {
    openRedaction ??= new OpenRedaction({ includeNames: false, includeAddresses: false })
    await openRedaction.detect(text)
  }
}
