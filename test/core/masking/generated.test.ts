import fc from 'fast-check'
import { expect, it } from 'vitest'
import { entityTypes } from '#core/masking/detectors/entity-types.ts'
import { masked } from '../../support/masking.ts'
import { texts } from '../../support/masking-texts.ts'

const entities = entityTypes.filter(type => type !== 'CUSTOM')
const action = fc.constantFrom('redact', 'mask', 'hash', 'tokenize', 'format')
const names = fc.constantFrom('note', 'phone', 'password', 'order', 'dob', 'clientSecret', 'items', 'account')
const fields = fc.array(fc.tuple(names, texts), { maxLength: 4 })
const one = (text: string) => text.replaceAll(/[\r\n]/g, ' ')

/** Documents of every type of body that is read, made of names and texts. */
const documents: Readonly<Record<string, (fields: readonly (readonly [string, string])[]) => string>> = {
  'text/plain': given => given.map(([name, text]) => `${name}: ${text}`).join('\n'),
  'application/json': given =>
    JSON.stringify({ list: given.map(([name, text]) => ({ [name]: text })), arguments: JSON.stringify(given) }),
  'application/x-www-form-urlencoded': given =>
    new URLSearchParams([...given.map(pair => [...pair]), ['json', JSON.stringify(given)]]).toString(),
  'multipart/form-data; boundary=b1': given =>
    `--b1\r\n${given
      .map(([name, text]) => `Content-Disposition: form-data; name="${name}"\r\n\r\n${text}\r\n--b1\r\n`)
      .join('')}Content-Type: application/json\r\n\r\n${JSON.stringify(given)}\r\n--b1--\r\n`,
  'application/x-ndjson': given =>
    given.map(([name, text]) => `${JSON.stringify({ [name]: text })}\n${one(text)}\n`).join(''),
  'text/event-stream': given => given.map(([name, text]) => `event: ${name}\ndata: ${one(text)}\n\n`).join(''),
}

it.each(Object.entries(documents))('%s: whatever stands in it, masking does not fail', (contentType, document) => {
  const check = (act: string, given: [string, string][]) => {
    const { kind, code } = masked(document(given), { entities, action: act }, { contentType })
    expect({ kind, code }).not.toMatchObject({ kind: 'refused' })
  }
  fc.assert(fc.property(action, fields, check), { numRuns: 60 })
})
