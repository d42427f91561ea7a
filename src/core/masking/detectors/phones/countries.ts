/** Countries whose telephone numbers are known in national spelling. */
export const nationalCountries = ['US', 'GB', 'DE', 'FR', 'ES', 'IT', 'NL', 'IN', 'AU', 'BR'] as const

/** Countries that spell them 3-3-4, under one calling code. */
export const northAmerica = ['US', 'CA'] as const
