/** What the gateway is measured against: a worker that reads the body and answers. */
export default {
  async fetch(request: Request): Promise<Response> {
    await request.arrayBuffer()
    return Response.json({ eventId: '-' }, { status: 202 })
  },
}
