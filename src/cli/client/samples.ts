/** An event as a vendor would send it: body, and the headers that do not belong to the signature. */
export interface Sample {
  readonly body: string
  readonly headers: Readonly<Record<string, string>>
}

type MakeSample = (id: string, nowSeconds: number) => Sample

const json = (body: unknown, headers: Record<string, string> = {}): Sample => ({
  body: JSON.stringify(body),
  headers: { 'content-type': 'application/json', ...headers },
})

/** One sample a scheme, small but of the vendor's shape. `id` is the vendor's event id wherever the scheme carries one. */
export const samples: Readonly<Record<string, MakeSample>> = {
  'standard-webhooks': (_, now) =>
    json({ type: 'menu.updated', timestamp: new Date(now * 1000).toISOString(), data: { menu: 'lunch' } }),

  svix: () => json({ type: 'user.created', data: { id: 'user_29w83sxmDNGwOuEthce5gg56FcC', object: 'user' } }),

  stripe: (id, now) =>
    json({
      id: `evt_${id}`,
      object: 'event',
      api_version: '2026-09-30',
      created: now,
      livemode: false,
      type: 'invoice.paid',
      data: { object: { id: 'in_1SampleInvoice', object: 'invoice', amount_paid: 1990, currency: 'eur' } },
    }),

  github: id =>
    json(
      {
        action: 'opened',
        number: 1,
        pull_request: { number: 1, node_id: `PR_${id}`, title: 'Sample' },
        repository: { full_name: 'octo/sample' },
      },
      { 'x-github-event': 'pull_request', 'x-github-delivery': id, 'user-agent': 'GitHub-Hookshot/sample' },
    ),

  slack: (id, now) =>
    json({
      type: 'event_callback',
      team_id: 'T000SAMPLE',
      event_id: `Ev${id}`,
      event_time: now,
      event: { type: 'app_mention', text: 'hello' },
    }),

  shopify: id =>
    json(
      {
        id: 820982911946154500,
        admin_graphql_api_id: `gid://shopify/Order/${id}`,
        email: 'jon@example.com',
        total_price: '19.90',
        currency: 'EUR',
      },
      {
        'x-shopify-topic': 'orders/create',
        'x-shopify-shop-domain': 'sample.myshopify.com',
        'x-shopify-event-id': id,
        'x-shopify-webhook-id': id,
      },
    ),

  hmac: id => json({ type: 'stock.changed', data: { booking: id, article: 4711, left: 3 } }),
}
