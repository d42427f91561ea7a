import { cloudflareTest } from '@cloudflare/vitest-plugin'
import { defineConfig } from 'vitest/config'
import { operatorBindings } from './test/support/operator.ts'
import { signingBindings } from './test/support/signing-keys.ts'

/**
 * A machine that others share may stand still for seconds, and every wait of ours is bounded, so what fails is tried
 * once more; not so a property, whose next try would be with other values.
 */
const retry = { count: 1, condition: /^(?!Property failed)/ }

/** Packages of many files, which would be loaded one by one; bundled, they save a quarter of a first run. */
const bundled = [
  '@bufbuild/cel',
  '@bufbuild/re2',
  '@cfworker/json-schema',
  '@upstash/redis/cloudflare',
  'fast-check',
  'hono',
  'hono/html',
  'hono/tiny',
  'jose',
  'libphonenumber-js/core/es6',
  'stdnum',
  'stripe',
  'svix',
  'zod',
]

/**
 * Three projects: `workerd` runs on the real runtime with real bindings, `node` runs the CLI and the journeys,
 * and `system` what needs a Debian package.
 */
export default defineConfig({
  test: {
    // Mailboxes still have retries to make when the last test has ended, and find nobody to log to. That alone is
    // no failure; every other unhandled error is.
    onUnhandledError: ({ name }) => (name === 'EnvironmentTeardownError' ? false : undefined),
    projects: [
      {
        plugins: [
          cloudflareTest({
            wrangler: { configPath: './wrangler.toml' },
            miniflare: {
              cf: false,
              bindings: {
                ENVIRONMENT: 'local',
                GATEWAY_KEK: btoa('k'.repeat(32)),
                ...operatorBindings,
                ...signingBindings,
              },
            },
          }),
        ],
        test: {
          name: 'workerd',
          retry,
          include: ['test/{core,policies,platform,routes}/**/*.test.ts'],
          isolate: false,
          deps: { optimizer: { ssr: { enabled: true, include: bundled } } },
          // each worker loads all of the gateway once more, which takes longer than a second one saves
          maxWorkers: 1,
          sequence: { groupOrder: 1 },
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'node',
          retry,
          include: ['test/{cli,journeys}/**/*.test.ts'],
          // they run beside those on workerd: scripts/test.ts
          maxWorkers: 2,
          testTimeout: 270_000,
          hookTimeout: 360_000,
        },
      },
      {
        test: {
          name: 'system',
          retry,
          include: ['test/system/**/*.test.ts'],
          maxWorkers: 2,
          sequence: { groupOrder: 2 },
          testTimeout: 180_000,
          hookTimeout: 180_000,
        },
      },
    ],
  },
})
