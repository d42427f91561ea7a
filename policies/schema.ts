import { maxBodyBytes, validatorOf } from '#core/json-schema/validator.ts'
import { settled } from '#core/pipeline/exchange.ts'
import { sourceField } from '#core/pipeline/fields.ts'
import { deny, type Policy, pass } from '#core/pipeline/policy.ts'
import { handshakeReply } from '#core/webhook/handshake.ts'

/**
 * Only a payload of the shape that the source's `schema` gives reaches the app. What the filter dropped is
 * not judged: the schema is of the events that the app wants, and a vendor is not refused for the others.
 */
export const schema: Policy = {
  name: 'schema',
  doors: ['hooks'],
  isMandatory: false,
  field: exchange => sourceField(exchange, 'schema'),

  before(exchange) {
    const { source, scheme } = settled(exchange, 'webhook')
    const { document, bytes } = settled(exchange, 'verified')
    if (source.schema === undefined || exchange.isDropped || handshakeReply(scheme, document) !== undefined)
      return pass()
    if (bytes.length > maxBodyBytes) return deny('schema-mismatch', `the body is larger than ${maxBodyBytes} bytes`)
    const json = document()
    if (json === undefined) return deny('schema-mismatch', 'the body is not JSON')
    const failures = validatorOf(source.schema).failures(json)
    return failures.length === 0 ? pass() : deny('schema-mismatch', failures.join(', '))
  },
}
