import { importJWK, type JWK } from 'jose'
import { AppTokens } from '#core/identity/app-token.ts'
import { TokenKeys } from '#core/identity/token-keys.ts'
import type { Clock } from '#core/ports.ts'
import { Secret } from '#core/secrets/secret.ts'

/** Keys of the tests alone: the second is one that is to sign next. */
const keys: [JWK, JWK] = [
  {
    kty: 'EC',
    crv: 'P-256',
    kid: 'own-1',
    x: 'plGL8BocIcOV_--EAC4WhIskzHx2rSA8FXtom5qPwec',
    y: 'MMy0fTQIHj1CMn1NWjH4dp4FxsTli7G1AWrGbPCrKis',
    d: 'eK8ZZW0sfxogF4afUQuZ2oYEtFjE4wYPDeX8PjqMVqA',
  },
  {
    kty: 'EC',
    crv: 'P-256',
    kid: 'own-2',
    x: 'IDB-nOkBVaY1otv8gUvlxSoMAw8g0I7cD6YTXVQRP4Y',
    y: 'GMdvTJd_cyQeBjzBM2Lyu2TgoR0Eo-0WsVvtOaIhUEs',
    d: 'gqGVwdy7WN1jLv1Da_UVvll-oNAxZmueovdlz4gyLkU',
  },
]

/** The variables with which the gateway under test signs; vitest.config.ts binds them. */
export const signingBindings = {
  SIGNING_KEYS: JSON.stringify({ keys }),
  TOKEN_ISSUER: 'https://gate.tests.example',
}

/** The gateway's own tokens as that gateway makes them, or with the keys in another order. */
export function appTokensOf(clock: Clock, order: readonly number[] = [0, 1]): AppTokens {
  const set = JSON.stringify({ keys: order.map(index => keys[index]) })
  return new AppTokens(
    new TokenKeys({ issuer: signingBindings.TOKEN_ISSUER, keys: new Secret('SIGNING_KEYS', set) }),
    clock,
  )
}

/** The private key that signs, for tokens that the gateway would not make. */
export const ownPrivateKey = () => importJWK(keys[0], 'ES256')
