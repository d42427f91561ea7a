import { DurableObject } from 'cloudflare:workers'
import { type Holding, SlotTable } from '#core/limits/slot-table.ts'

/**
 * The slots of one app. It lives in memory alone: holders say what they hold in all, so an object that was
 * restarted knows again within 10 s.
 */
export class SlotCounterObject extends DurableObject {
  readonly #slots = new SlotTable()

  hold(holder: string, sequence: number, wanted: number, limit: number): Holding {
    return this.#slots.hold(holder, sequence, wanted, limit, Date.now())
  }
}
