#!/usr/bin/env node
import { enableCompileCache } from 'node:module'
import { join } from 'node:path'
import { root } from './machine/paths.ts'

// what was compiled once is kept, and a command starts in half the time; a folder that cannot be written does no harm
enableCompileCache(join(root, 'node_modules/.cache/gatehouse'))
const { run } = await import('./run.ts')
await run()
