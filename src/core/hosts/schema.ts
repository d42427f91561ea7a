import * as z from 'zod'
import { isHostName } from './name.ts'

const Host = z.string().superRefine((text, { addIssue }) => {
  if (isHostName(text)) return
  const remedy = 'Write the name as DNS has it, in lower case and without scheme, port and path: shop.example.com.'
  addIssue({ code: 'custom', input: text, message: 'is no host name of two labels or more', params: { remedy } })
})

/** The hosts on which an app answers by itself: there every path is its own. */
export const Hosts = z
  .array(Host)
  .max(16)
  .refine(hosts => new Set(hosts).size === hosts.length, { error: 'names a host twice' })
  .default([])
