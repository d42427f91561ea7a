import type { Exchange } from './exchange.ts'

/** Where a setting of the route stands that the request is for. */
export function routeField({ entry, api }: Exchange, name?: string): string {
  const index = api ? (entry?.manifest.spec.api?.routes.indexOf(api.route) ?? -1) : -1
  return index < 0 ? 'spec.api.routes' : `spec.api.routes[${index}]${name ? `.${name}` : ''}`
}

/** Where a setting of the webhook source stands. */
export function sourceField({ source }: Exchange, name: string): string {
  return `spec.webhooks.${source}.${name}`
}

/** Where a setting of the rule stands by which the app goes out. */
export function wayField({ way }: Exchange, name: string): string {
  return way ? `spec.egress[${way.matched.index}].${name}` : 'spec.egress'
}
