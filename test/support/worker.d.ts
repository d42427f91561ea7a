declare namespace Cloudflare {
  interface GlobalProps {
    mainModule: typeof import('../../src/worker.ts')
  }
  interface Env extends Record<string, unknown> {
    readonly REGISTRY: KVNamespace
    readonly PAYLOADS: R2Bucket
    readonly MAILBOX: DurableObjectNamespace<import('../../src/worker.ts').Mailbox>
    readonly SIBLING: DurableObjectNamespace<import('../../src/worker.ts').Sibling>
    readonly METER: DurableObjectNamespace<import('../../src/worker.ts').Meter>
    readonly CLAIMS: DurableObjectNamespace<import('../../src/worker.ts').Claims>
    readonly SWITCHBOARD: import('../../src/platform/env.ts').Env['SWITCHBOARD'] & DurableObjectNamespace
    readonly SWITCHBOARD_REPLICA: import('../../src/platform/env.ts').Env['SWITCHBOARD_REPLICA'] &
      DurableObjectNamespace
  }
}
