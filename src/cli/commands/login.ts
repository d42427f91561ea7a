import { Command } from 'commander'
import { askAdmin, callAdmin } from '../client/admin.ts'
import { type GatewayOptions, withGateway } from '../client/options.ts'
import { tokenFor } from '../client/token.ts'
import { type Prompt, signIn } from '../login/device.ts'
import { metadataOf, plain, post, signInOf } from '../login/issuer.ts'
import { forgetLogin, keepLogin, loginFile, originOf, storedLogin } from '../login/stored.ts'
import { loginOf } from '../login/token.ts'
import { paint, say, sayJson, table, tell } from '../output.ts'

/** Who the gateway takes somebody for. */
interface Self {
  readonly subject: string
  readonly roles: readonly string[]
  readonly teams: readonly string[]
}

interface LoginOptions {
  readonly url: string
  readonly issuer?: string
  readonly clientId: string
  readonly audience?: string | false
  readonly scope: string
  readonly json: boolean
}

const atUrl = (command: Command) =>
  command
    .option('--url <url>', 'address of the gateway', 'http://127.0.0.1:8787')
    .option('--json', 'print the result as JSON', false)

export const login = atUrl(new Command('login'))
  .description('sign in at the identity provider of a gateway, with a browser on any device')
  .option('--issuer <url>', 'the identity provider (the gateway says which)')
  .option('--client-id <id>', 'what this program is called there', 'gatehouse-cli')
  .option('--audience <audience>', 'for whom the token is to be (the gateway says it)')
  .option('--no-audience', 'ask for none: the scope says for whom the token is')
  .option('--scope <scopes>', 'what to ask for', 'openid offline_access')
  .action(async (options: LoginOptions) => {
    const gateway = originOf(options.url)
    const said = options.issuer !== undefined && options.audience !== undefined ? undefined : await signInOf(gateway)
    const issuer = options.issuer ?? said?.issuer ?? ''
    const audience = options.audience === false ? undefined : (options.audience ?? said?.audience)
    const { clientId, scope } = options
    tell(`Signing in at ${plain(issuer)}${audience ? `, for ${plain(audience)}` : ''}.`)
    const metadata = await metadataOf(issuer)
    const tokens = await signIn(metadata, { clientId, scope, ...(audience && { audience }) }, show)
    const kept = loginOf({ gateway, issuer, clientId }, tokens, new Date())
    // what the gateway does not take is not worth keeping
    const self = (await askAdmin('whoami', gateway, kept.accessToken)) as Self
    await keepLogin(kept)
    const { expiresAt = null } = kept
    if (options.json) return sayJson({ gateway, issuer, ...self, expiresAt, file: loginFile(gateway) })
    say(`${paint('green', 'Signed in')} to ${gateway} as ${nameOf(self)}.`)
    if (self.roles.length === 0) tell('None of your roles is one of the gateway: it lets you do nothing.')
  })

export const logout = atUrl(new Command('logout'))
  .description('end a sign-in: take its tokens back, and forget them')
  .action(async ({ url, json }: { url: string; json: boolean }) => {
    const gateway = originOf(url)
    const kept = await storedLogin(gateway)
    await forgetLogin(gateway)
    const revoked = kept !== undefined && (await revoke(kept))
    if (json) return sayJson({ gateway, wasSignedIn: kept !== undefined, revoked })
    if (!kept) return say(`Nobody was signed in at ${gateway}.`)
    say(`Signed out of ${gateway}.`)
    if (!revoked) tell(`${kept.issuer} took nothing back: a copy of the token is good until it ends.`)
  })

export const whoami = withGateway(new Command('whoami'))
  .description('who a gateway takes you for, with which roles')
  .action(async (options: GatewayOptions) => {
    const self = (await callAdmin('whoami', options)) as Self
    const { source } = await tokenFor(options.url, options.state)
    if (options.json) return sayJson({ ...self, by: source })
    say(
      table([
        ['subject', self.subject],
        ['roles', self.roles.join(', ') || paint('yellow', 'none')],
        ['teams', self.teams.join(', ') || 'none'],
        ['by', source],
      ]),
    )
  })

function show({ url, code, completeUrl, waitSeconds }: Prompt): void {
  tell(`Open ${url} and enter the code ${paint('bold', code, process.stderr)}`)
  if (completeUrl) tell(`or open ${completeUrl}`)
  tell(`Waiting, for ${Math.ceil(waitSeconds / 60)} min at most …`)
}

/** RFC 7009; where the issuer has no such thing, or is away, the tokens end by themselves. */
async function revoke({
  issuer,
  clientId,
  refreshToken,
  accessToken,
}: Parameters<typeof keepLogin>[0]): Promise<boolean> {
  try {
    const { revocation_endpoint } = await metadataOf(issuer)
    if (!revocation_endpoint) return false
    const token = refreshToken ?? accessToken
    return (await post(revocation_endpoint, { token, client_id: clientId })).ok
  } catch {
    return false
  }
}

function nameOf({ subject, roles, teams }: Self): string {
  const ofTeams = teams.length > 0 ? ` of ${teams.join(', ')}` : ''
  return `${subject}: ${roles.join(', ') || 'no role'}${ofTeams}`
}
