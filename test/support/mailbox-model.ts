import { expect } from 'vitest'
import type { Consignment, DeliveryTerms, EventView, Outcome } from '#core/delivery/event.ts'
import { terms } from './mailbox.ts'

/** Two sources: one with few slots, one with a rate of its own. */
const retry = { ...terms.retry, attempts: 4, maxAgeSeconds: 604_800 }
export const sourceTerms: Readonly<Record<string, DeliveryTerms>> = {
  shop: { ...terms, retry, concurrency: 2, retentionDays: 90 },
  paced: { ...terms, retry, concurrency: 4, perSecond: 1, retentionDays: 90 },
}
export const leaseMs = terms.timeoutMs + 30_000
export const dedupeMs = 3_600_000

/** An event as the model has it. */
export interface Modelled {
  readonly id: string
  readonly source: string
  readonly key: string | undefined
  readonly vendorId: string
  readonly receivedAtMs: number
  /** It was handed over when later ones of its key had been attempted. */
  readonly isLate: boolean
  state: 'waiting' | 'delivering' | 'delivered' | 'dead'
  attempts: number
  /** Numbers of the attempts that have ended as far as the mailbox knows. */
  readonly noted: Set<number>
  /** A running attempt that the late success of an earlier one has overtaken. */
  overtaken: number | undefined
  tries: number
  sinceMs: number
  /** The next attempt; absent behind another of its key. */
  dueMs: number | undefined
  leaseEndMs: number
}

/** What a mailbox promises, without a disk, indexes or random waits: those it reads off the mailbox and holds to their bounds. */
export class MailboxModel {
  nowMs: number
  /** The latest it has ever been: a wait for a token, once begun, does not follow a clock that goes back. */
  latestMs: number
  readonly events: Modelled[] = []
  /** The same events, those of one key in the order in which they must go. */
  readonly #inTurn: Modelled[] = []
  readonly paused = new Set<string>()
  /** Attempts handed over of which nobody has reported yet. */
  readonly unreported: { readonly eventId: string; readonly attempt: number }[] = []
  readonly #gaps = new Map<string, Set<string>>()
  /** The one bulk replay that runs. */
  replay:
    | { readonly id: string; readonly perSecond: number; last: number; released: Set<string>; tickMs: number }
    | undefined

  constructor(nowMs: number) {
    this.nowMs = nowMs
    this.latestMs = nowMs
  }

  moveTo(ms: number): void {
    this.nowMs = ms
    this.latestMs = Math.max(this.latestMs, ms)
  }

  /**
   * The id by which the mailbox must answer.
   *
   * @param handedOverMs when an event was received that another kept for a while
   */
  accepted(id: string, source: string, key: string | undefined, vendorId: string, handedOverMs?: number): string {
    const receivedAtMs = handedOverMs ?? this.nowMs
    const earlier =
      this.events.find(event => event.id === id) ??
      this.events.find(
        event => event.source === source && event.vendorId === vendorId && event.receivedAtMs > receivedAtMs - dedupeMs,
      )
    if (earlier) return earlier.id
    const { nowMs } = this
    const open = this.#openOf(source, key)
    const later = handedOverMs === undefined ? [] : open.filter(event => event.receivedAtMs > handedOverMs)
    const stepsBack = later.find(
      ({ state, dueMs, attempts }) => state === 'waiting' && dueMs !== undefined && attempts === 0,
    )
    if (stepsBack) stepsBack.dueMs = undefined
    const dueMs = stepsBack || open.length === 0 ? nowMs : undefined
    const isLate = handedOverMs !== undefined && key !== undefined && this.#hasBegunAfter(handedOverMs, source, key)
    const begin = {
      state: 'waiting',
      attempts: 0,
      overtaken: undefined,
      tries: 0,
      sinceMs: receivedAtMs,
      dueMs,
      isLate,
      leaseEndMs: 0,
      noted: new Set<number>(),
    } as const
    const event: Modelled = { id, source, key, vendorId, receivedAtMs, ...begin }
    this.events.push(event)
    const at = later[0] ? this.#inTurn.indexOf(later[0]) : this.#inTurn.length
    this.#inTurn.splice(at, 0, event)
    return id
  }

  /** Whether an event of the key that was received after a moment has been attempted, or has ended. */
  #hasBegunAfter(ms: number, source: string, key: string): boolean {
    return this.events.some(
      event =>
        event.source === source &&
        event.key === key &&
        event.receivedAtMs > ms &&
        (event.attempts > 0 || event.state === 'delivered' || event.state === 'dead'),
    )
  }

  /** One attempt leaves the mailbox: this is where most promises are broken, if they are. */
  handedOver({ eventId, attempt, gaps = [], isLate }: Consignment): void {
    const event = this.event(eventId)
    expect(event.state, `${eventId} is attempted while it is ${event.state}`).toBe('waiting')
    expect(event.dueMs, `${eventId} is attempted before its turn in its key`).toBeDefined()
    expect(event.dueMs, `${eventId} is attempted before its time`).toBeLessThanOrEqual(this.nowMs)
    expect(this.isPaused(event.source), `${eventId} is attempted while paused`).toBe(false)
    expect(this.free(event.source), 'slots').toBeGreaterThan(0)
    expect(attempt).toBe(event.attempts + 1)
    expect(isLate === true, `${eventId} comes after later ones without saying so, or says so`).toBe(event.isLate)
    const missing = [...(this.#gaps.get(this.#keyName(event)) ?? [])].filter(id => id !== eventId)
    expect(new Set(gaps), 'gaps').toEqual(new Set(missing))
    event.state = 'delivering'
    event.attempts++
    event.tries++
    event.leaseEndMs = this.nowMs + leaseMs
    this.unreported.push({ eventId, attempt })
  }

  /** @param view how the mailbox shows the event afterwards */
  reported(eventId: string, attempt: number, outcome: Outcome, view: EventView | undefined): void {
    const event = this.event(eventId)
    const isCurrent = event.state === 'delivering' && event.attempts === attempt
    const isSuccess = outcome.kind === 'answered' && outcome.status < 300
    if (!isCurrent && (!isSuccess || event.state === 'delivered')) {
      if (outcome.kind === 'held' && event.overtaken === attempt) event.noted.delete(attempt)
      if (event.overtaken === attempt) event.overtaken = undefined
      return
    }
    if (!isCurrent && event.state === 'delivering') {
      event.noted.add(event.attempts)
      event.overtaken = event.attempts
    }
    if (outcome.kind !== 'held') event.noted.add(attempt)
    if (isSuccess) {
      this.#end(event, 'delivered', isCurrent)
      return
    }
    if (outcome.kind === 'held') {
      event.attempts--
      event.tries--
      this.#again(event, this.nowMs + 60_000)
      event.sinceMs = this.nowMs
      return
    }
    const status = outcome.kind === 'answered' ? outcome.status : 0
    const allowed = status === 410 ? 1 : status >= 300 && status < 500 && status !== 429 ? 3 : retry.attempts
    const asked = outcome.kind === 'answered' ? outcome.retryAtMs : undefined
    const latest = asked ?? this.nowMs + retry.baseSeconds * 2 ** (event.tries - 1) * 1000
    const oldest = event.sinceMs + retry.maxAgeSeconds * 1000
    const dueMs = Date.parse(view?.nextAttemptAt ?? '')
    const isLast = event.tries >= allowed
    if (isLast || view?.state === 'dead') {
      if (!isLast) expect(latest, 'dead before its tries and its age are over').toBeGreaterThan(oldest)
      this.#end(event, 'dead', true)
      return
    }
    this.#again(event, view?.state === 'waiting' ? dueMs : latest)
    expect(event.dueMs).toBeLessThanOrEqual(latest)
    expect(event.dueMs).toBeGreaterThanOrEqual(asked ?? this.nowMs)
  }

  /** Leases that ended unreported: due at once, or dead. */
  reaped(): void {
    for (const event of this.events.filter(
      ({ state, leaseEndMs }) => state === 'delivering' && leaseEndMs <= this.nowMs,
    )) {
      event.noted.add(event.attempts)
      const isOld = this.nowMs > event.sinceMs + retry.maxAgeSeconds * 1000
      if (event.tries >= retry.attempts || isOld) this.#end(event, 'dead', true)
      else this.#again(event, this.nowMs)
    }
  }

  /** An event that has ended is due again, behind whatever of its key is on its way. */
  released(event: Modelled): void {
    const isBusy = this.#openOf(event.source, event.key).length > 0
    event.state = 'waiting'
    event.tries = 0
    event.sinceMs = this.nowMs
    event.dueMs = isBusy ? undefined : this.nowMs
  }

  /** Of an event that waits for its next try. */
  hastened(event: Modelled): void {
    if (event.dueMs === undefined) return
    Object.assign(event, { tries: 0, sinceMs: this.nowMs, dueMs: this.nowMs })
  }

  event(id: string): Modelled {
    const found = this.events.find(event => event.id === id)
    if (!found) throw new Error(`nobody accepted ${id}`)
    return found
  }

  isPaused(source: string): boolean {
    return this.paused.has('*') || this.paused.has(source)
  }

  open(): Modelled[] {
    return this.events.filter(({ state }) => state === 'waiting' || state === 'delivering')
  }

  #again(event: Modelled, dueMs: number): void {
    event.state = 'waiting'
    event.dueMs = dueMs
  }

  #end(event: Modelled, state: 'delivered' | 'dead', isCurrent: boolean): void {
    event.state = state
    if (event.key === undefined) return
    const gaps = this.#gaps.get(this.#keyName(event)) ?? new Set()
    if (state === 'dead') gaps.add(event.id)
    else if (isCurrent) gaps.clear()
    else gaps.delete(event.id)
    this.#gaps.set(this.#keyName(event), gaps)
    const open = this.#openOf(event.source, event.key)
    if (open[0] && open.every(({ dueMs }) => dueMs === undefined)) open[0].dueMs = this.nowMs
  }

  /** In the order in which they must go. */
  #openOf(source: string, key: string | undefined): Modelled[] {
    if (key === undefined) return []
    const isOpen = ({ state }: Modelled) => state === 'waiting' || state === 'delivering'
    return this.#inTurn.filter(event => event.source === source && event.key === key && isOpen(event))
  }

  /** Attempts that a source may have under way beside those that are. */
  free(source: string): number {
    const underWay = this.events.filter(event => event.source === source && event.state === 'delivering')
    return (sourceTerms[source]?.concurrency ?? 0) - underWay.length
  }

  #keyName({ source, key }: Modelled): string {
    return `${source} ${key}`
  }
}
