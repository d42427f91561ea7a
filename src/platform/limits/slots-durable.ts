import type { SlotStore } from '#core/limits/slots.ts'
import type { Env } from '../env.ts'

/** Slots in Durable Objects, one for each app. */
export function durableSlots({ SLOTS }: Pick<Env, 'SLOTS'>): SlotStore {
  return {
    hold: (app, holder, sequence, wanted, limit) => SLOTS.getByName(app).hold(holder, sequence, wanted, limit),
  }
}
