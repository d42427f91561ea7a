/**
 * Whether an app may be used at all. `killed`: no door opens. `quarantined`: webhooks are kept but not
 * delivered, so that no vendor's event is lost; nobody reaches the app, and it reaches nothing.
 */
export type Standing = 'open' | 'killed' | 'quarantined'

/** Who turned a switch, when and why. */
export interface Turn {
  readonly standing: Standing
  readonly reason: string
  readonly by: string
  /** RFC 3339. */
  readonly at: string
}

/** What the switchboard tells an isolate of one app. */
export interface Switched {
  readonly app: string
  readonly standing: Standing
  /** Counts up with every change of this app's registry entry or secrets; what was remembered before is old. */
  readonly edition: number
}

/** What changed since an isolate last asked. */
export interface News {
  /** To be given with the next question. */
  readonly version: number
  readonly changed: readonly Switched[]
  /** `changed` names every app that is not open; what was known before no longer counts. */
  readonly isWhole: boolean
  /** There is more: ask again at once. */
  readonly isPartial: boolean
}
