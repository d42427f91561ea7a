/**
 * In place of `@upstash/core-analytics`, which the limiter loads and never uses here: `wrangler.toml` names it under
 * `alias`, so that every isolate has less to read.
 */
export class Analytics {
  constructor() {
    throw new Error('the analytics of the limiter are left out of the bundle')
  }
}
