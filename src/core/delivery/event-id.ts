import { ulid } from 'ulid'
import { isAppName } from '#core/names.ts'
import { anyRegion } from '#core/residency/regions.ts'

/** Which mailbox an event lives in. `region` is `any` where no residency binds the app. */
export interface MailboxAddress {
  readonly region: string
  readonly app: string
  readonly shard: number
}

/** The first mailbox of an app in a region; the only one unless a source has several shards. */
export function homeMailbox(app: string, region: string = anyRegion): MailboxAddress {
  return { region, app, shard: 0 }
}

/** A new id in a mailbox: `<region>~<app>~<shard>~<ULID>`. Ids of one mailbox sort by the time they were minted. */
export function mintEventId(address: MailboxAddress, now: Date): string {
  return `${mailboxName(address)}~${ulid(now.getTime())}`
}

/** The mailbox an event id names, or `undefined` when the text is no event id. */
export function mailboxOf(eventId: string): MailboxAddress | undefined {
  const [region, app, shard, id, ...rest] = eventId.split('~')
  if (!region || !app || !shard || !id || rest.length > 0) return undefined
  if (!isAppName(region) || !isAppName(app) || !/^\d{1,4}$/.test(shard) || !/^[0-9A-HJKMNP-TV-Z]{26}$/.test(id))
    return undefined
  return { region, app, shard: Number(shard) }
}

/** The part of an event id that sorts by the time it was minted, over all mailboxes. */
export function ulidOf(eventId: string): string {
  return eventId.slice(-26)
}

/** The name of a mailbox's object. */
export function mailboxName({ region, app, shard }: MailboxAddress): string {
  return `${region}~${app}~${shard}`
}
