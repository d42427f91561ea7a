import { judgePath } from './target-path.ts'
import { notPublic } from './written-url.ts'

/** One `to` of a manifest's `egress`, read once. */
export interface Rule {
  /** As its author wrote it. */
  readonly text: string
  /** Its place in `spec.egress`. */
  readonly index: number
  /** `undefined`: any. */
  readonly methods: readonly string[] | undefined
  readonly protocol: 'https:' | 'http:'
  /** The labels of the host, the last one first; `*` is any one label, a final `**` one or more. */
  readonly labels: readonly string[]
  readonly port: number
  /** What stands between the stars of the path; `undefined`: any path. */
  readonly path: readonly string[] | undefined
}

const forbiddenMethods = ['CONNECT', 'TRACE', 'TRACK']
const grammar = /^(?:([A-Z]+(?:,[A-Z]+)*) )?(https?):\/\/([^/:?#]+)(?::([1-9]\d{0,4}))?(\/.*)?$/
const label = /^(?!-)[a-z0-9_-]{1,63}(?<!-)$/

/**
 * Reads `[METHOD[,METHOD] ]https://host[:port][/path]`. `*` as a whole label of the host is exactly one
 * label, a leading `**.` one or more; `*` in the path is any text, also across `/`.
 *
 * @returns the rule, or why it is none
 */
export function readRule(text: string, index = 0): Rule | string {
  const [, methodList, scheme, host = '', portText, pathText] = grammar.exec(text) ?? []
  if (!scheme) return 'must read [METHOD[,METHOD] ]https://host[:port][/path]'

  const methods = methodList?.split(',')
  const forbidden = methods?.find(method => forbiddenMethods.includes(method))
  if (forbidden) return `names ${forbidden}, which cannot be sent`
  const port = Number(portText ?? 443)
  if (port > 65_535) return 'has a port over 65535'
  if (scheme === 'http' && (host !== 'localhost' || !portText))
    return 'must be https; http is for http://localhost:<port> only'

  const labels = host.split('.')
  const hostFault = scheme === 'http' ? undefined : faultOfHost(labels)
  if (hostFault) return hostFault
  const path = pathText === undefined ? undefined : readPath(pathText)
  if (typeof path === 'string') return path
  const protocol = scheme === 'http' ? 'http:' : 'https:'
  return { text, index, methods, protocol, labels: labels.reverse(), port, path }
}

/** The labels after the last wildcard, or `undefined` for a host without one. */
export function literalEnd({ labels }: Rule): string | undefined {
  const wildcard = labels.findIndex(isWildcard)
  return wildcard < 0 ? undefined : labels.slice(0, wildcard).reverse().join('.')
}

export function isWildcard(label: string): boolean {
  return label === '*' || label === '**'
}

function faultOfHost(labels: readonly string[]): string | undefined {
  if (labels.indexOf('**', 1) > 0) return 'may hold ** only as the first label of the host'
  if (labels.length < 2) return 'needs a host of at least two labels'
  const odd = labels.find(each => !isWildcard(each) && !label.test(each))
  if (odd !== undefined) {
    if (odd.includes('*')) return 'may hold * only as a whole label of the host'
    return 'must write its host in lower case, in the form that DNS knows (xn-- for other alphabets)'
  }
  const literals = labels.map(each => (isWildcard(each) ? 'x' : each)).join('.')
  if (URL.parse(`https://${literals}/`)?.hostname !== literals) return 'must write its host in the form that DNS knows'
  return notPublic(literals)
}

function readPath(text: string): readonly string[] | string {
  if (!/^(?:[A-Za-z0-9._~!$&'()*+,;=:@/-]|%[0-9A-Fa-f]{2})*$/.test(text))
    return 'has a path with characters that must be escaped, or with a query or fragment'
  if (URL.parse(`https://x.example${text}`)?.pathname !== text) return 'has a path with dot segments'
  const judged = judgePath(text)
  return judged.kind === 'path' ? judged.path.split('*') : `has a path that ${judged.reason}`
}
