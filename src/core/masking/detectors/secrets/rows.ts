import { type ContextWords, contextWords } from '../context.ts'

/** A secret that its vendor marks at the beginning, so that it can be found. */
export interface MarkedSecret {
  readonly subtype: string
  /** How it begins; the search is for these. */
  readonly marks: readonly string[]
  /** What follows the mark. */
  readonly rest: RegExp
  /** How many characters of mark and rest are the secret; by default all. */
  readonly check?: (spelling: string) => boolean
}

/** A secret without a mark: a token of some shape, beside a word that names it unless the shape is its own. */
export interface ShapedSecret {
  readonly subtype: string
  /** The whole token. */
  readonly shape: RegExp
  /** How many characters it has; others are not compared with the shape. */
  readonly length: readonly [fewest: number, most: number]
  readonly context?: ContextWords
}

export const markedSecrets: readonly MarkedSecret[] = [
  { subtype: 'aws_access_key_id', marks: ['AKIA', 'ASIA', 'ABIA', 'ACCA'], rest: /[A-Z2-7\d]{16}/ },
  { subtype: 'gcp_api_key', marks: ['AIza'], rest: /[\w-]{35}/ },
  { subtype: 'google_oauth_token', marks: ['ya29.'], rest: /[\w-]{20,400}/ },
  { subtype: 'google_oauth_refresh_token', marks: ['1//0'], rest: /[\w-]{40,120}/ },
  { subtype: 'google_oauth_client_secret', marks: ['GOCSPX-'], rest: /[\w-]{28}/ },
  { subtype: 'azure_devops_token', marks: ['AZDO'], rest: /[A-Za-z\d]{70,90}/ },
  { subtype: 'github_token', marks: ['ghp_', 'gho_', 'ghu_', 'ghs_', 'ghr_'], rest: /[A-Za-z\d]{36,255}/ },
  { subtype: 'github_fine_grained_token', marks: ['github_pat_'], rest: /\w{36,255}/ },
  {
    subtype: 'gitlab_token',
    marks: [
      'glpat-',
      'gldt-',
      'glrt-',
      'glptt-',
      'glcbt-',
      'glft-',
      'glimt-',
      'glagent-',
      'gloas-',
      'glsoat-',
      'GR1348941',
    ],
    rest: /[\w.-]{18,300}/,
  },
  { subtype: 'bitbucket_app_password', marks: ['ATBB'], rest: /[A-Za-z\d_=-]{28,60}/ },
  { subtype: 'atlassian_token', marks: ['ATATT3', 'ATCTT3'], rest: /[\w=-]{60,300}/ },
  {
    subtype: 'stripe_key',
    marks: ['sk_live_', 'sk_test_', 'rk_live_', 'rk_test_', 'sk_prod_', 'rk_prod_'],
    rest: /[A-Za-z\d]{10,247}/,
  },
  { subtype: 'webhook_secret', marks: ['whsec_'], rest: /[A-Za-z\d+/]{24,128}={0,2}/ },
  {
    subtype: 'slack_token',
    marks: [
      'xoxb-',
      'xoxp-',
      'xoxa-',
      'xoxr-',
      'xoxs-',
      'xoxo-',
      'xoxe-',
      'xoxe.xoxp-',
      'xoxe.xoxb-',
      'xoxc-',
      'xoxd-',
    ],
    rest: /[A-Za-z\d%-]{10,400}/,
  },
  { subtype: 'slack_app_token', marks: ['xapp-'], rest: /\d-[A-Z\d]{8,16}-\d{8,16}-[a-z\d]{32,80}/ },
  {
    subtype: 'slack_webhook_url',
    marks: ['hooks.slack.com/services/', 'hooks.slack.com/workflows/', 'hooks.slack.com/triggers/'],
    rest: /[\w/]{20,120}/,
  },
  {
    subtype: 'discord_webhook_url',
    marks: ['discord.com/api/webhooks/', 'discordapp.com/api/webhooks/'],
    rest: /\d{15,21}\/[\w-]{40,90}/,
  },
  { subtype: 'teams_webhook_url', marks: ['webhook.office.com/webhookb2/'], rest: /[\w@/-]{60,300}/ },
  { subtype: 'anthropic_key', marks: ['sk-ant-'], rest: /[\w-]{20,200}/ },
  { subtype: 'openai_key', marks: ['sk-proj-', 'sk-svcacct-', 'sk-admin-', 'sk-None-'], rest: /[\w-]{20,300}/ },
  { subtype: 'openrouter_key', marks: ['sk-or-v1-'], rest: /[a-f\d]{64}/ },
  { subtype: 'openai_key', marks: ['sk-'], rest: /[A-Za-z\d]{20,64}/ },
  { subtype: 'huggingface_token', marks: ['hf_', 'api_org_'], rest: /[A-Za-z\d]{30,40}/ },
  { subtype: 'replicate_token', marks: ['r8_'], rest: /[A-Za-z\d]{37}/ },
  { subtype: 'groq_key', marks: ['gsk_'], rest: /[A-Za-z\d]{40,60}/ },
  { subtype: 'perplexity_key', marks: ['pplx-'], rest: /[A-Za-z\d]{40,64}/ },
  { subtype: 'xai_key', marks: ['xai-'], rest: /[A-Za-z\d]{60,100}/ },
  { subtype: 'sendgrid_key', marks: ['SG.'], rest: /[\w-]{16,32}\.[\w-]{32,64}/ },
  { subtype: 'twilio_api_key', marks: ['SK'], rest: /[a-f\d]{32}/ },
  { subtype: 'mailgun_key', marks: ['key-'], rest: /[a-f\d]{32}/ },
  { subtype: 'brevo_key', marks: ['xkeysib-', 'xsmtpsib-'], rest: /[a-f\d]{64}-[A-Za-z\d]{16}/ },
  { subtype: 'resend_key', marks: ['re_'], rest: /[A-Za-z\d]{6,12}_[A-Za-z\d]{20,28}/ },
  { subtype: 'npm_token', marks: ['npm_'], rest: /[A-Za-z\d]{36}/ },
  { subtype: 'pypi_token', marks: ['pypi-AgE'], rest: /[\w-]{50,1000}/ },
  { subtype: 'rubygems_key', marks: ['rubygems_'], rest: /[a-f\d]{48}/ },
  { subtype: 'crates_io_token', marks: ['cio'], rest: /[A-Za-z\d]{32}/ },
  { subtype: 'nuget_key', marks: ['oy2'], rest: /[a-z\d]{43}/ },
  { subtype: 'clojars_token', marks: ['CLOJARS_'], rest: /[a-z\d]{60}/ },
  { subtype: 'docker_token', marks: ['dckr_pat_', 'dckr_oat_'], rest: /[\w-]{27,40}/ },
  { subtype: 'artifactory_key', marks: ['AKCp', 'cmVmdGtuOj'], rest: /[A-Za-z\d]{50,80}/ },
  { subtype: 'digitalocean_token', marks: ['dop_v1_', 'doo_v1_', 'dor_v1_'], rest: /[a-f\d]{64}/ },
  { subtype: 'heroku_key', marks: ['HRKU-'], rest: /[\w-]{36,70}/ },
  { subtype: 'fly_token', marks: ['fo1_', 'FlyV1 fm2_'], rest: /[\w+/=,-]{40,800}/ },
  { subtype: 'netlify_token', marks: ['nfp_', 'nfc_', 'nfo_', 'nfu_'], rest: /[A-Za-z\d]{36,40}/ },
  { subtype: 'supabase_key', marks: ['sbp_', 'sb_secret_'], rest: /\w{31,60}/ },
  { subtype: 'planetscale_token', marks: ['pscale_tkn_', 'pscale_pw_', 'pscale_oauth_'], rest: /[\w.=-]{32,64}/ },
  { subtype: 'neon_key', marks: ['napi_'], rest: /[a-z\d]{60,70}/ },
  { subtype: 'pulumi_token', marks: ['pul-'], rest: /[a-f\d]{40}/ },
  { subtype: 'vault_token', marks: ['hvs.', 'hvb.', 'hvr.'], rest: /[\w-]{24,300}/ },
  {
    subtype: 'doppler_token',
    marks: ['dp.pt.', 'dp.st.', 'dp.ct.', 'dp.sa.', 'dp.scim.', 'dp.audit.'],
    rest: /[\w.-]{40,80}/,
  },
  { subtype: '1password_token', marks: ['ops_eyJ'], rest: /[\w+/=-]{100,1500}/ },
  { subtype: 'age_secret_key', marks: ['AGE-SECRET-KEY-1'], rest: /[QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L]{58}/ },
  {
    subtype: 'shopify_token',
    marks: ['shpat_', 'shpca_', 'shppa_', 'shpss_', 'shpua_', 'shptka_'],
    rest: /[a-fA-F\d]{32}/,
  },
  { subtype: 'square_token', marks: ['sq0atp-', 'sq0csp-', 'sq0idp-', 'EAAA'], rest: /[\w-]{22,64}/ },
  {
    subtype: 'paypal_token',
    marks: ['access_token$production$', 'access_token$sandbox$'],
    rest: /[a-z\d]{13,20}\$[a-f\d]{32}/,
  },
  {
    subtype: 'plaid_token',
    marks: ['access-production-', 'access-sandbox-', 'access-development-'],
    rest: /[a-f\d-]{36}/,
  },
  { subtype: 'razorpay_key', marks: ['rzp_live_', 'rzp_test_'], rest: /[A-Za-z\d]{14}/ },
  { subtype: 'flutterwave_key', marks: ['FLWSECK_TEST-', 'FLWSECK-'], rest: /[A-Za-z\d-]{12,48}/ },
  { subtype: 'easypost_key', marks: ['EZAK', 'EZTK'], rest: /[A-Za-z\d]{54}/ },
  { subtype: 'shippo_token', marks: ['shippo_live_', 'shippo_test_'], rest: /[a-f\d]{40}/ },
  { subtype: 'duffel_token', marks: ['duffel_live_', 'duffel_test_'], rest: /[\w=-]{43}/ },
  { subtype: 'lob_key', marks: ['live_pub_', 'test_pub_'], rest: /[a-f\d]{31,35}/ },
  { subtype: 'facebook_token', marks: ['EAACEdEose0cBA', 'EAAG', 'EAAB', 'EAAJ', 'EAAM'], rest: /[A-Za-z\d]{60,400}/ },
  { subtype: 'linear_key', marks: ['lin_api_', 'lin_oauth_', 'lin_wh_'], rest: /[A-Za-z\d]{32,64}/ },
  { subtype: 'notion_token', marks: ['ntn_', 'secret_'], rest: /[A-Za-z\d]{43,50}/ },
  { subtype: 'airtable_token', marks: ['pat'], rest: /[A-Za-z\d]{14}\.[a-f\d]{64}/ },
  { subtype: 'asana_token', marks: ['1/', '2/'], rest: /\d{15,17}(?:\/\d{15,17})?:[a-f\d]{32}/ },
  { subtype: 'figma_token', marks: ['figd_', 'figu_', 'figo_'], rest: /[\w-]{36,60}/ },
  { subtype: 'postman_key', marks: ['PMAK-'], rest: /[a-f\d]{24}-[a-f\d]{34}/ },
  { subtype: 'typeform_token', marks: ['tfp_'], rest: /[\w.=-]{40,80}/ },
  {
    subtype: 'hubspot_token',
    marks: ['pat-na1-', 'pat-na2-', 'pat-na3-', 'pat-eu1-', 'pat-ap1-'],
    rest: /[a-f\d-]{36}/,
  },
  { subtype: 'intercom_token', marks: ['dG9rO'], rest: /[\w=+/-]{50,80}/ },
  { subtype: 'databricks_token', marks: ['dapi'], rest: /[a-f\d]{32}(?:-\d)?/ },
  { subtype: 'grafana_token', marks: ['glsa_', 'glc_'], rest: /[\w+/=]{32,400}/ },
  { subtype: 'new_relic_key', marks: ['NRAK-', 'NRJS-', 'NRII-', 'NRAL-', 'NRRA-'], rest: /[\w-]{19,42}/ },
  { subtype: 'sentry_token', marks: ['sntrys_', 'sntryu_', 'sntrya_'], rest: /[\w+/=-]{40,400}/ },
  { subtype: 'dynatrace_token', marks: ['dt0c01.', 'dt0s16.', 'dt0s01.'], rest: /[A-Z\d]{24}\.[A-Z\d]{64}/ },
  { subtype: 'posthog_key', marks: ['phx_'], rest: /[A-Za-z\d]{40,60}/ },
  {
    subtype: 'launchdarkly_key',
    marks: ['sdk-', 'mob-', 'api-'],
    rest: /[a-f\d]{8}-[a-f\d]{4}-[a-f\d]{4}-[a-f\d]{4}-[a-f\d]{12}/,
  },
  { subtype: 'alibaba_access_key', marks: ['LTAI'], rest: /[A-Za-z\d]{12,26}/ },
  { subtype: 'tencent_secret_id', marks: ['AKID'], rest: /[A-Za-z\d]{32}/ },
  { subtype: 'yandex_token', marks: ['AQVN', 'y0_', 't1.'], rest: /[\w.=-]{35,300}/ },
  { subtype: 'adobe_client_secret', marks: ['p8e-', 'p8-'], rest: /[A-Za-z\d]{32}/ },
  { subtype: 'adafruit_key', marks: ['aio_'], rest: /[A-Za-z\d]{28}/ },
  { subtype: 'cloudflare_origin_ca_key', marks: ['v1.0-'], rest: /[a-f\d]{24}-[a-f\d]{146}/ },
  { subtype: 'readme_key', marks: ['rdme_'], rest: /[a-z\d]{60,80}/ },
  { subtype: 'scalingo_token', marks: ['tk-us-', 'tk-eu-'], rest: /[\w-]{48}/ },
  { subtype: 'prefect_key', marks: ['pnu_', 'pnb_'], rest: /[A-Za-z\d]{36}/ },
  {
    subtype: 'jwt',
    marks: ['eyJ'],
    rest: /[\w-]{8,1000}\.[\w-]{2,20000}\.[\w-]*(?:\.[\w-]*\.[\w-]*)?/,
  },
  { subtype: 'basic_auth', marks: ['Basic ', 'basic ', 'BASIC '], rest: /[A-Za-z\d+/]{7,400}={0,2}/, check: isBasic },
  {
    subtype: 'bearer_token',
    marks: ['Bearer ', 'bearer ', 'BEARER '],
    rest: /[\w.~+/-]{16,4000}={0,2}/,
    check: text => /\d/.test(text),
  },
]

const hex32 = /^[a-f\d]{32}$/
const uuid = /^[a-fA-F\d]{8}-(?:[a-fA-F\d]{4}-){3}[a-fA-F\d]{12}$/

export const shapedSecrets: readonly ShapedSecret[] = [
  {
    subtype: 'azure_storage_key',
    length: [88, 88],
    shape: /^[A-Za-z\d+/]{86}==$/,
    context: contextWords(['account key', 'accountkey', 'azure', 'storage', 'shared access key', 'sharedaccesskey']),
  },
  { subtype: 'azure_client_secret', length: [37, 40], shape: /^[\w.~-]{3}\dQ~[\w.~-]{31,34}$/ },
  { subtype: 'terraform_token', length: [83, 93], shape: /^[A-Za-z\d]{14}\.atlasv1\.[\w=-]{60,70}$/ },
  { subtype: 'mailchimp_key', length: [36, 37], shape: /^[a-f\d]{32}-us\d{1,2}$/ },
  { subtype: 'discord_bot_token', length: [59, 74], shape: /^[MNO][\w-]{23,27}\.[\w-]{6}\.[\w-]{27,38}$/ },
  {
    subtype: 'aws_secret_access_key',
    length: [40, 40],
    shape: /^(?=[^a-z]*[a-z])(?=[^A-Z]*[A-Z])[A-Za-z\d/+]{40}$/,
    context: contextWords(['aws', 'amazon', 'secret access key', 'secret key', 'secretkey', 'secretaccesskey', 's3']),
  },
  {
    subtype: 'twilio_auth_token',
    length: [32, 32],
    shape: hex32,
    context: contextWords(['twilio', 'auth token', 'authtoken']),
  },
  {
    subtype: 'datadog_key',
    length: [32, 40],
    shape: /^(?:[a-f\d]{32}|[a-f\d]{40})$/,
    context: contextWords(['datadog', 'dd api key', 'dd app key']),
  },
  {
    subtype: 'pagerduty_key',
    length: [20, 32],
    shape: /^(?:[\w+]{20}|[a-f\d]{32})$/,
    context: contextWords(['pagerduty', 'pd api key', 'pd routing key']),
  },
  { subtype: 'heroku_key', length: [36, 36], shape: uuid, context: contextWords(['heroku', 'heroku api key']) },
  {
    subtype: 'cloudflare_api_token',
    length: [40, 40],
    shape: /^[\w-]{40}$/,
    context: contextWords(['cloudflare', 'cf api token', 'cf token']),
  },
  { subtype: 'algolia_key', length: [32, 32], shape: hex32, context: contextWords(['algolia']) },
]

/** User and password in Base64 (RFC 7617). */
function isBasic(spelling: string): boolean {
  try {
    return /^[^:\p{Cc}]{0,128}:[^\p{Cc}]{1,}$/u.test(atob(spelling.slice(6)))
  } catch {
    return false
  }
}
