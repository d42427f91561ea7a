/** A body to be masked. */
export interface Body {
  readonly bytes: Uint8Array<ArrayBuffer>
  readonly contentType: string
}

const words = 'the order was placed by our customer and goes out within three days please confirm receipt of it'.split(
  ' ',
)

/** Orders of a shop, as JSON: about 15 members for each 500 bytes, ids, times, prices and prose. */
export function orders(bytes: number, valuesPerKb: number): Body {
  const random = sequence()
  const items: object[] = []
  let length = 0
  let values = 0
  while (length < bytes) {
    const order: Record<string, unknown> = {
      id: `ord_${random(1e9).toString(36)}`,
      status: ['new', 'paid', 'shipped'][random(3)],
      total: random(1e5) / 100,
      currency: 'EUR',
      createdAt: `2026-11-${10 + random(20)}T15:22:${10 + random(50)}Z`,
      note: prose(random, 12),
      lines: [1, 2].map(() => ({ sku: `SKU-${random(9999)}`, quantity: random(9), title: prose(random, 4) })),
      page: 'https://shop.example.com/orders/view',
      isPaid: true,
    }
    for (let place = 0; values < ((length + 400) * valuesPerKb) / 1024; place++, values++) {
      order[`contact${place}`] = personal(random)
    }
    items.push(order)
    length += JSON.stringify(order).length + 1
  }
  return { bytes: new TextEncoder().encode(JSON.stringify({ items })), contentType: 'application/json' }
}

/** Lines of prose without any value. */
export function plainText(bytes: number): Body {
  const random = sequence()
  const text = Array.from({ length: Math.ceil(bytes / 65) }, () => `${prose(random, 13)}\n`).join('')
  return { bytes: new TextEncoder().encode(text), contentType: 'text/plain' }
}

/** A chat completion as it streams: a few letters for each event, an address in every 40th. */
export function chatEvents(bytes: number): Body {
  const random = sequence()
  const events: string[] = []
  for (let length = 0, place = 0; length < bytes; place++) {
    const content = place % 40 === 0 ? `${personal(random)} ` : `${words[random(words.length)]} `
    const data = { id: 'chatcmpl-1', object: 'chat.completion.chunk', choices: [{ index: 0, delta: { content } }] }
    const event = `data: ${JSON.stringify(data)}\n\n`
    events.push(event)
    length += event.length
  }
  return { bytes: new TextEncoder().encode(events.join('')), contentType: 'text/event-stream' }
}

function personal(random: (below: number) => number): string {
  const kinds = [
    `ann.smith${random(1e6)}@example.com`,
    '4111 1111 1111 1111',
    '+1 415 555 2671',
    'DE89370400440532013000',
  ]
  return kinds[random(kinds.length)] ?? ''
}

function prose(random: (below: number) => number, count: number): string {
  return Array.from({ length: count }, () => words[random(words.length)]).join(' ')
}

/** The same numbers in every run (Lehmer). */
function sequence(): (below: number) => number {
  let state = 1
  return below => {
    state = (state * 48_271) % 2_147_483_647
    return state % below
  }
}
