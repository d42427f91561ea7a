/** Of the tokens that `npm start` mints, which no identity provider vouches for. */
export const localIssuer = { issuer: 'gatehouse:local', audience: 'gatehouse:admin' } as const
