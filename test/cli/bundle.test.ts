import { gzipSync } from 'node:zlib'
import { CheckedExprSchema } from '@bufbuild/cel-spec/cel/expr/checked_pb.js'
import { expect, it } from 'vitest'
import { bundleWorker } from '#cli/machine/bundle.ts'
import * as stand from '#core/cel/no-checked-expressions.ts'

/** What Cloudflare is sent at most: isolates start slower, the more there is to read. */
const maxKiB = 400

it('the worker, minified and compressed, stays within its budget', async () => {
  const code = await bundleWorker({ minify: true })
  expect(gzipSync(code, { level: 9 }).length / 1024).toBeLessThanOrEqual(maxKiB)
})

it('what packages load and never use here is left out, and has a stand-in that answers alike', async () => {
  const code = await bundleWorker()
  expect(code).toContain('// node_modules/@bufbuild/cel-spec/')
  expect(code).toContain('// node_modules/@upstash/ratelimit/')
  expect(code).not.toMatch(/^\/\/ node_modules\/(?:@upstash\/core-analytics|@bufbuild\/cel-spec\/.*checked_pb)/m)
  expect(stand.CheckedExprSchema.typeName).toBe(CheckedExprSchema.typeName)
})
