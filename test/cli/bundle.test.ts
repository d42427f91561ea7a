import { gzipSync } from 'node:zlib'
import { transform } from 'esbuild'
import { expect, it } from 'vitest'
import { bundleWorker } from '#cli/machine/bundle.ts'

/** What Cloudflare is sent at most: isolates start slower, the more there is to read. */
const maxKiB = 400

it('the worker, minified and compressed, stays within its budget', async () => {
  const { code } = await transform(await bundleWorker(), { minify: true, format: 'esm', target: 'es2024' })
  expect(gzipSync(code, { level: 9 }).length / 1024).toBeLessThanOrEqual(maxKiB)
})
