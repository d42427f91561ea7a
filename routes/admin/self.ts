import * as z from 'zod'
import { roles } from '#core/identity/operator.ts'
import { call } from './call.ts'

const Self = z.object({ subject: z.string(), roles: z.array(z.enum(roles)), teams: z.array(z.string()) })

/** `GET /admin/v1/whoami`: who the gateway takes the bearer of a token for; also of one that may do nothing. */
export const self = [
  call(
    {
      method: 'get',
      path: '/whoami',
      role: 'none',
      does: 'Says who the gateway takes you for, with which roles and teams.',
      answers: { 200: Self },
    },
    async ({ operator: { subject, roles, teams } }) => [200, { subject, roles, teams }],
  ),
]
