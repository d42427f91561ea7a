import { challenge } from '#core/identity/challenge.ts'
import { settled } from '#core/pipeline/exchange.ts'
import { routeField } from '#core/pipeline/fields.ts'
import { deny, type Policy, pass } from '#core/pipeline/policy.ts'

/** A caller needs every scope that the route lists. */
export const scopes: Policy = {
  name: 'scopes',
  doors: ['apps'],
  isMandatory: true,
  field: exchange => routeField(exchange, 'scopes'),

  before(exchange) {
    const { route } = settled(exchange, 'api')
    if (route.auth === 'none' || route.scopes.length === 0) return pass()
    const { principal, app } = { ...exchange, principal: settled(exchange, 'principal') }
    const missing = route.scopes.filter(scope => !principal.scopes.includes(scope))
    if (missing.length === 0) return pass()
    return deny('scope-missing', `lacks ${missing.join(' ')}`, challenge(app, route.scopes, 'insufficient_scope'))
  },
}
