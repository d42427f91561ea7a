import { join } from 'node:path'
import { samplePorts } from './samples.ts'

/** What a started gateway says can be tried, with exactly the options that reach it. */
export function guide(started: {
  readonly port: number
  readonly state: string
  readonly isExample: boolean
  readonly samples: boolean
}): string {
  const { port, state, isExample, samples } = started
  const url = `http://127.0.0.1:${port}`
  const atUrl = port === 8787 ? '' : ` --url ${url}`
  const inState = state === '.gatehouse' ? '' : ` --state ${state}`
  const bulk = join(state, 'registry.bulk.json')
  const sends = [
    `  npx gatehouse send stripe --app shop --source stripe${atUrl}`,
    `  npx gatehouse send github --app helpdesk --source github --forge${atUrl}`,
  ]
  const provider = `http://127.0.0.1:${samplePorts.provider}`
  const call = [
    `  TOKEN=$(curl -s ${provider}/token -u sample-caller:sample-caller-secret -d grant_type=client_credentials -d scope=places:read | sed 's/.*"access_token":"\\([^"]*\\)".*/\\1/')`,
    `  curl -H "authorization: Bearer $TOKEN" ${url}/apps/where2eat/v1/places`,
  ]
  const lines = [
    '',
    'Try, in another terminal:',
    ...(isExample ? sends : []),
    `  npx gatehouse events list --app ${isExample ? 'shop' : '<app>'}${atUrl}${inState}`,
    `  curl ${url}/metrics`,
    ...(samples && isExample
      ? ['Get a token of the sample identity provider, and call the API of an app with it:', ...call]
      : []),
    ...(samples
      ? [
          `Sign in as olga, an operator (or anna, an author of team food; vera, a viewer), with the password in ${join(state, 'sample-password')}:`,
          `  npx gatehouse login${atUrl}`,
        ]
      : []),
    ...(samples ? [`The sample micro-app shows what it received: http://127.0.0.1:${samplePorts.app}/`] : []),
    '',
    'Publish another registry into this gateway:',
    `  npx gatehouse push <folder> --local${inState}`,
    'or check it and send it with wrangler alone:',
    `  npx gatehouse build <folder> --environment local --out ${bulk}`,
    `  npx wrangler kv bulk put ${bulk} --binding REGISTRY --local --persist-to ${state}`,
  ]
  return lines.join('\n')
}
