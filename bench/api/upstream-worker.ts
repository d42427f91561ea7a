const answer = JSON.stringify({
  items: Array.from({ length: 20 }, (_, n) => ({ id: n, name: `item number ${n}`, on: true })),
})

/** The app behind both: it answers a kilobyte of JSON at once. */
export default {
  fetch: () => new Response(answer, { headers: { 'content-type': 'application/json' } }),
}
