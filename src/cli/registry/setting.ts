import type { FetchSetting } from '#core/egress/fetchable.ts'

/** The environment variables that say where the gateway itself is reached; its own hosts are no upstream. */
export function fetchSetting(environment: string): FetchSetting {
  const own = [process.env.PUBLIC_URL, process.env.ADMIN_URL]
  return {
    isLocal: environment === 'local',
    ownHosts: own.flatMap(text => (text && URL.canParse(text) ? [new URL(text).host] : [])),
  }
}
