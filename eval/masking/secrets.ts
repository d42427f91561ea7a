import type { Chance } from './chance.ts'

const jwt = (chance: Chance) => {
  const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
  return `${part({ alg: 'ES256', typ: 'JWT' })}.${part({ sub: chance.text('alnum', 12), exp: chance.below(2e9) })}.${chance.text('url', 86)}`
}
const pem = (chance: Chance) => {
  const lines = Array.from({ length: 5 }, () => chance.text('base64', 64)).join('\n')
  const kind = chance.one(['RSA ', 'EC ', '', 'OPENSSH '])
  return `-----BEGIN ${kind}PRIVATE KEY-----\n${lines}\n-----END ${kind}PRIVATE KEY-----`
}

/** A fresh secret of each kind, spelled as its vendor describes it. */
export const secrets: Readonly<Record<string, (chance: Chance) => string>> = {
  aws_access_key_id: chance =>
    `AKIA${chance.until(
      () => chance.text('upper', 16),
      () => true,
    )}`,
  gcp_api_key: chance => `AIza${chance.text('url', 34)}${chance.text('alnum', 1)}`,
  google_oauth_client_secret: chance => `GOCSPX-${chance.text('url', 27)}${chance.text('alnum', 1)}`,
  github_token: chance => `${chance.one(['ghp_', 'gho_', 'ghs_', 'ghr_', 'ghu_'])}${chance.text('alnum', 36)}`,
  github_fine_grained_token: chance => `github_pat_${chance.text('alnum', 22)}_${chance.text('alnum', 59)}`,
  gitlab_token: chance => `glpat-${chance.text('alnum', 20)}`,
  stripe_key: chance =>
    `${chance.one(['sk_live_', 'sk_test_', 'rk_live_'])}${chance.text('alnum', chance.one([24, 99]))}`,
  webhook_secret: chance => `whsec_${chance.text('base64', 32).replaceAll(/[+/]$/g, 'a')}`,
  slack_token: chance => `xoxb-${chance.digits(12)}-${chance.digits(12)}-${chance.text('alnum', 24)}`,
  slack_webhook_url: chance =>
    `hooks.slack.com/services/T${chance.text('upper', 8)}/B${chance.text('upper', 8)}/${chance.text('alnum', 24)}`,
  discord_webhook_url: chance => `discord.com/api/webhooks/${chance.digits(18)}/${chance.text('alnum', 68)}`,
  openai_key: chance => chance.one([`sk-proj-${chance.text('alnum', 48)}`, `sk-${chance.text('alnum', 48)}`]),
  anthropic_key: chance => `sk-ant-api03-${chance.text('url', 92)}AA`,
  huggingface_token: chance => `hf_${chance.text('alnum', 34)}`,
  groq_key: chance => `gsk_${chance.text('alnum', 52)}`,
  sendgrid_key: chance => `SG.${chance.text('url', 22)}.${chance.text('url', 42)}${chance.text('alnum', 1)}`,
  twilio_api_key: chance => `SK${chance.text('hex', 32)}`,
  mailgun_key: chance => `key-${chance.text('hex', 32)}`,
  mailchimp_key: chance => `${chance.text('hex', 32)}-us${chance.between(1, 21)}`,
  brevo_key: chance => `xkeysib-${chance.text('hex', 64)}-${chance.text('alnum', 16)}`,
  npm_token: chance => `npm_${chance.text('alnum', 36)}`,
  pypi_token: chance => `pypi-AgEIcHlwaS5vcmc${chance.text('alnum', 100)}`,
  rubygems_key: chance => `rubygems_${chance.text('hex', 48)}`,
  docker_token: chance => `dckr_pat_${chance.text('alnum', 27)}`,
  digitalocean_token: chance => `dop_v1_${chance.text('hex', 64)}`,
  netlify_token: chance => `nfp_${chance.text('alnum', 36)}`,
  supabase_key: chance => `sbp_${chance.text('hex', 40)}`,
  planetscale_token: chance => `pscale_tkn_${chance.text('alnum', 43)}`,
  vault_token: chance => `hvs.${chance.text('alnum', 95)}`,
  doppler_token: chance => `dp.pt.${chance.text('alnum', 43)}`,
  shopify_token: chance => `shpat_${chance.text('hex', 32)}`,
  square_token: chance => `sq0atp-${chance.text('alnum', 22)}`,
  razorpay_key: chance => `rzp_live_${chance.text('alnum', 14)}`,
  linear_key: chance => `lin_api_${chance.text('alnum', 40)}`,
  notion_token: chance => `ntn_${chance.text('alnum', 46)}`,
  airtable_token: chance => `pat${chance.text('alnum', 14)}.${chance.text('hex', 64)}`,
  figma_token: chance => `figd_${chance.text('alnum', 40)}`,
  postman_key: chance => `PMAK-${chance.text('hex', 24)}-${chance.text('hex', 34)}`,
  hubspot_token: chance => `pat-eu1-${[8, 4, 4, 4, 12].map(length => chance.text('hex', length)).join('-')}`,
  databricks_token: chance => `dapi${chance.text('hex', 32)}`,
  grafana_token: chance => `glsa_${chance.text('alnum', 32)}_${chance.text('hex', 8)}`,
  new_relic_key: chance => `NRAK-${chance.text('upper', 27)}`,
  sentry_token: chance => `sntrys_${chance.text('alnum', 80)}`,
  dynatrace_token: chance => `dt0c01.${chance.text('upper', 24)}.${chance.text('upper', 64)}`,
  azure_client_secret: chance => `${chance.text('alnum', 3)}8Q~${chance.text('alnum', 34)}`,
  terraform_token: chance => `${chance.text('alnum', 14)}.atlasv1.${chance.text('alnum', 67)}`,
  discord_bot_token: chance => `M${chance.text('alnum', 25)}.${chance.text('alnum', 6)}.${chance.text('alnum', 38)}`,
  jwt,
  private_key: pem,
}

/** Secrets that only their surroundings tell, with the texts that do; `{}` is where the secret stands. */
export const surrounded: readonly (readonly [
  subtype: string,
  texts: readonly string[],
  make: (chance: Chance) => string,
])[] = [
  [
    'url_password',
    ['postgres://{}@db.internal:5432/app', 'clone https://{}@git.company.com/app.git please'],
    chance => `user${chance.digits(2)}:${chance.text('alnum', 12)}`,
  ],
  [
    'basic_auth',
    ['Authorization: Basic {}', 'curl -H "authorization: basic {}"'],
    chance => Buffer.from(`svc:${chance.text('alnum', 14)}`).toString('base64'),
  ],
  ['bearer_token', ['Authorization: Bearer {}'], chance => `${chance.text('alnum', 39)}7`],
  [
    'aws_secret_access_key',
    ['aws_secret_access_key = {}', 'AWS_SECRET_ACCESS_KEY={}'],
    chance => `${chance.text('base64', 38)}aB`,
  ],
  [
    'password',
    ['password: {}', 'DB_PASSWORD="{}"', 'the pwd is {} for now'],
    chance => `${chance.text('alnum', 10)}!7x`,
  ],
  [
    'azure_storage_key',
    ['AccountName=app;AccountKey={};EndpointSuffix=core.windows.net'],
    chance => `${chance.text('base64', 86)}==`,
  ],
  [
    'generic_secret',
    ['api_key={}', '"clientSecret": "{}"', 'export SERVICE_TOKEN={}'],
    chance => `${chance.text('alnum', 30)}4z`,
  ],
]
