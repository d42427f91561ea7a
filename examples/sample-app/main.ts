import { sampleApp } from './server.ts'

/** `PORT=8788 SIGNING_KEYS="whsec_… whsec_…" GATEWAY=http://127.0.0.1:8787 node examples/sample-app/main.ts`; ends when its standard input does. */
const port = Number(process.env.PORT ?? 8788)
const gateway = process.env.GATEWAY ?? 'http://127.0.0.1:8787'
const keys = (process.env.SIGNING_KEYS ?? '').split(' ').filter(Boolean)

sampleApp(keys, gateway).listen(port, '127.0.0.1', () =>
  process.stdout.write(`The sample micro-app is listening on ${port}\n`),
)
process.stdin.resume().on('end', () => process.exit(0))
