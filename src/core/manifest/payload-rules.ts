import * as z from 'zod'
import { compile } from '#core/cel/engine.ts'
import { compileContract } from '#core/contract/contract.ts'
import { compileSchema } from '#core/json-schema/validator.ts'

/** What a filter may read of an event. */
export const filterNames = ['body', 'headers', 'source'] as const

/** A CEL expression over an event, checked as far as it can be without one. */
export const Expression = z.string().superRefine((text, { addIssue }) => {
  const compiled = compile(text, filterNames)
  if (compiled.kind === 'program') return
  for (const { reason, remedy } of compiled.problems) {
    addIssue({ code: 'custom', input: text, message: reason, params: { remedy } })
  }
})

/** A JSON Schema, itself checked; each problem comes with its place in the schema. */
export const PayloadSchema = z
  .record(z.string(), z.unknown())
  .superRefine((schema, { addIssue }) => {
    const compiled = compileSchema(schema)
    if (compiled.kind === 'validator') return
    for (const { path, reason, remedy } of compiled.problems) {
      addIssue({ code: 'custom', input: schema, message: reason, path: [...path], params: { remedy } })
    }
  })
  .meta({ additionalProperties: true })

/** An OpenAPI 3.1 document as far as it is judged by, itself checked. */
export const ContractDocument = z
  .record(z.string(), z.unknown())
  .superRefine((document, { addIssue }) => {
    const compiled = compileContract(document)
    if (compiled.kind === 'contract') return
    for (const { path, reason, remedy } of compiled.problems) {
      addIssue({ code: 'custom', input: document, message: reason, path: [...path], params: { remedy } })
    }
  })
  .meta({ additionalProperties: true })
