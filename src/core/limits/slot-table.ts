/** How long slots stay with an isolate that is not heard of again: what a crash costs at most. */
export const slotLeaseMs = 30_000

/** What a holder has now, and how much is left for everyone. */
export interface Holding {
  readonly slots: number
  readonly free: number
}

/**
 * Who holds how many of an app's slots. A holder says how many it wants in all, not how many more, so a
 * message that is lost, late or repeated does no harm. Pure: time comes in.
 */
export class SlotTable {
  readonly #holders = new Map<string, { slots: number; sequence: number; untilMs: number }>()

  /** @param sequence grows with each message of the holder; an older one than the last changes nothing */
  hold(holder: string, sequence: number, wanted: number, limit: number, nowMs: number): Holding {
    for (const [name, { untilMs }] of this.#holders) if (untilMs <= nowMs) this.#holders.delete(name)
    const known = this.#holders.get(holder)
    const others = this.#taken() - (known?.slots ?? 0)
    if (known && sequence <= known.sequence) return { slots: known.slots, free: this.#free(limit) }
    const slots = Math.max(0, Math.min(wanted, limit - others))
    if (slots > 0) this.#holders.set(holder, { slots, sequence, untilMs: nowMs + slotLeaseMs })
    else this.#holders.delete(holder)
    return { slots, free: this.#free(limit) }
  }

  #free(limit: number): number {
    return Math.max(0, limit - this.#taken())
  }

  #taken(): number {
    let taken = 0
    for (const { slots } of this.#holders.values()) taken += slots
    return taken
  }
}
