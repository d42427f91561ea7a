/** Every key under which the gateway stores something, KV and R2 alike. */
export const keys = {
  /** KV: which revision of an app is in force. */
  pointer: (app: string) => `apps/${app}`,
  pointers: 'apps/',
  /** KV: one manifest, immutable. */
  revision: (app: string, digest: string) => `revisions/${app}/${digest}`,
  /** KV: a sealed secret of an app. */
  secret: (app: string, name: string) => `secrets/${app}/${name}`,
  secrets: 'secrets/',
  /** KV: the operator's rules over manifests. */
  fleet: 'fleet',
  /** KV: what the background check of the registry found. */
  status: 'status',
  /** KV: the apps that are killed or quarantined, for an isolate that reaches no switchboard. */
  switches: 'switches',
  /** KV: the app to which a workload belongs, by SHA-256 of issuer, subject and audience. */
  identity: (digest: string) => `identities/${digest}`,
  /** KV: the app that answers on a host of its own. */
  host: (host: string) => `hosts/${host}`,
  /** KV: up to when owners were reminded that their apps end. */
  reminders: 'reminders',
  /** KV: the public keys of an issuer, for all isolates. */
  keySet: (digest: string) => `key-sets/${digest}`,
  /** R2: a body too large for a mailbox row. */
  payloads: 'payloads/',
  payload: (eventId: string) => `payloads/${eventId}`,
  /** R2: records of an audit chain as NDJSON, and the signed checkpoint at their end. */
  auditExport: (chain: string, span: string) => `audit/${chain}/${span}.ndjson`,
  auditCheckpoint: (chain: string, span: string) => `audit/${chain}/${span}.jws`,
  /** R2: an event that no mailbox could take, with its bytes. */
  spills: 'spills/',
  spill: (eventId: string) => `spills/${eventId}`,
  spillsOf: (app: string, region: string) => `spills/${region}~${app}~`,
  /** R2: a dead letter, as JSON, and its bytes. */
  deadLetters: 'dead-letters/',
  deadLettersOf: (app: string, region: string) => `dead-letters/${region}~${app}~`,
  deadLetter: (eventId: string) => `dead-letters/${eventId}/letter.json`,
  deadLetterBody: (eventId: string) => `dead-letters/${eventId}/body`,
} as const
