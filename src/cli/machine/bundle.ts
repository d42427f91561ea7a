import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { build } from 'esbuild'
import { parse } from 'smol-toml'
import { root } from './paths.ts'

/**
 * The worker as one module, bundled the way `wrangler deploy` does it.
 *
 * @param minify as it is deployed; who bundles knows more to leave out than who minifies a bundle that is made
 */
export async function bundleWorker({ minify = false } = {}): Promise<string> {
  const { alias = {} } = parse(readFileSync(join(root, 'wrangler.toml'), 'utf8')) as { alias?: Record<string, string> }
  const { outputFiles } = await build({
    entryPoints: [join(root, 'src/worker.ts')],
    absWorkingDir: root,
    bundle: true,
    write: false,
    minify,
    alias,
    format: 'esm',
    target: 'es2024',
    conditions: ['workerd', 'worker', 'browser'],
    external: ['cloudflare:*', 'node:*'],
    logLevel: 'silent',
  })
  const [output] = outputFiles
  if (!output) throw new Error('esbuild wrote nothing')
  return output.text
}
