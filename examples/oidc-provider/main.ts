import { providerKey, sampleProvider } from './server.ts'

/** `PORT=8789 PASSWORD=… node examples/oidc-provider/main.ts`; ends when its standard input does. Without a password nobody signs in. */
const { PORT = '8789', PASSWORD: password } = process.env
const server = sampleProvider(`http://127.0.0.1:${PORT}`, {
  clients: [
    { id: 'sample-caller', secret: 'sample-caller-secret' },
    // the command line: `gatehouse login`
    { id: 'gatehouse-cli' },
  ],
  audiences: { 'api://where2eat': 'places:read orders:write', 'gatehouse:admin': '' },
  keys: [await providerKey()],
  ...(password !== undefined && {
    password,
    people: {
      olga: { roles: ['operator'] },
      paul: { roles: ['approver'] },
      anna: { roles: ['author'], teams: ['food'] },
      vera: { roles: ['viewer'] },
    },
  }),
})

// what is not for production says so on the console, and this is for trying out
Object.assign(console, { info() {}, warn() {} })
server.listen(Number(PORT), '127.0.0.1', () =>
  process.stdout.write(`The sample identity provider is listening on ${PORT}\n`),
)
process.stdin.resume().on('end', () => process.exit(0))
