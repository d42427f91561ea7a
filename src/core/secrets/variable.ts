/** The Worker secret that a name of an app stands for: `SECRET_SHOP__STRIPE_CURRENT` is `stripe-current` of `shop`. */
export function secretVariable(app: string, name: string): string {
  const upper = (text: string) => text.toUpperCase().replaceAll('-', '_')
  return `SECRET_${upper(app)}__${upper(name)}`
}
