/**
 * When a zod check over several fields runs: whenever there is an object to look at, also beside faults in
 * its fields, so that all faults are found at once. The fields may then still be of any type.
 */
export const onAnyObject = {
  when: ({ value }: { readonly value: unknown }) => typeof value === 'object' && value !== null,
}
