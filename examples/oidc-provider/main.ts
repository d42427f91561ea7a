import { providerKey, sampleProvider } from './server.ts'

/** `PORT=8789 node examples/oidc-provider/main.ts`; ends when its standard input does. */
const port = Number(process.env.PORT ?? 8789)
const server = sampleProvider(`http://127.0.0.1:${port}`, {
  clients: [{ id: 'sample-caller', secret: 'sample-caller-secret' }],
  audiences: { 'api://where2eat': 'places:read orders:write' },
  keys: [await providerKey()],
})

server.listen(port, '127.0.0.1', () => process.stdout.write(`The sample identity provider is listening on ${port}\n`))
process.stdin.resume().on('end', () => process.exit(0))
