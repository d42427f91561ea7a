import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parse } from 'smol-toml'
import * as z from 'zod'
import type { CheckSetting } from '#core/manifest/check.ts'
import { type Regions, RegionsSetting } from '#core/residency/regions.ts'
import { root } from '../machine/paths.ts'
import { Failure } from '../output.ts'

/** What manifests are checked against: where the gateway is reached, the regions it has, and what it is for. */
export type GatewaySetting = Omit<CheckSetting, 'policies'> & { readonly environment: string }

/**
 * The gateway's own hosts, from the environment variables that say them: they are no upstream. Its regions
 * stand in wrangler.toml, as the worker reads them.
 */
export function gatewaySetting(environment: string): GatewaySetting {
  const own = [process.env.PUBLIC_URL, process.env.ADMIN_URL]
  return {
    environment,
    isLocal: environment === 'local',
    ownHosts: own.flatMap(text => (text && URL.canParse(text) ? [new URL(text).host] : [])),
    regions: declaredRegions(),
  }
}

/** @throws Failure when wrangler.toml has no well-formed `REGIONS` */
function declaredRegions(): Regions {
  const { vars } = parse(readFileSync(join(root, 'wrangler.toml'), 'utf8')) as { vars?: { REGIONS?: unknown } }
  const regions = RegionsSetting.safeParse(vars?.REGIONS ?? {})
  if (regions.success) return regions.data
  throw new Failure(`REGIONS in wrangler.toml needs mending:\n${z.prettifyError(regions.error)}`)
}
