import { writeFile } from 'node:fs/promises'

/** Where the worker reads the suffixes from. */
export const suffixesFile = new URL('../src/core/egress/public-suffixes.json', import.meta.url)

/** The trie of tldts-icann: labels from the right, `*` for any, each node a rule or only on the way to one. */
interface Trie {
  readonly rulesRoot: number
  readonly exceptionsRoot: number
  readonly nodeFlags: readonly number[]
  /** Of each node, the first of its edges; those of the next node follow. */
  readonly edgeStart: readonly number[]
  readonly edgeChild: readonly number[]
  readonly edgeLength: readonly number[]
  readonly labelText: string
}

/**
 * The ICANN part of the public suffix list, as tldts-icann has it: by top-level domain, the rules below it. Words stand
 * in their order, each after a capital letter that says how many characters of the word before it begins with (`A`
 * none). Rules that end in one label stand behind it: `Atokyo(A.AchofuAhino)` is `tokyo`, `chofu.tokyo` and
 * `hino.tokyo`. Left out is what goes without saying: top-level domains themselves, and the names in other alphabets,
 * which in a URL are spelled `xn--`. That is less than half the weight that every isolate would load.
 */
export async function publicSuffixes(): Promise<string> {
  const file = new URL('../node_modules/tldts-icann/dist/es6/src/data/trie.js', import.meta.url)
  const trie: Trie = await import(file.href)
  const starts = [0]
  for (const length of trie.edgeLength) starts.push((starts.at(-1) ?? 0) + length)
  const rules = [...rulesOf(trie, starts, trie.rulesRoot), ...rulesOf(trie, starts, trie.exceptionsRoot, '!')]
  const byDomain = new Map<string, string[]>()
  for (const rule of rules.sort()) {
    const dot = rule.lastIndexOf('.')
    // biome-ignore lint/suspicious/noControlCharactersInRegex: ASCII begins with them
    if (dot < 0 || /[^\u0000-\u007f]/.test(rule)) continue
    const domain = rule.slice(dot + 1)
    byDomain.set(domain, [...(byDomain.get(domain) ?? []), rule.slice(0, dot)])
  }
  const lines = [...byDomain].sort().map(([domain, own]) => `"${domain}": "${grouped(own)}"`)
  return `{\n${lines.join(',\n')}\n}\n`
}

/** Rules that end in one label, together. */
function grouped(rules: readonly string[]): string {
  const byLabel = Map.groupBy(rules, rule => rule.slice(rule.lastIndexOf('.') + 1))
  const alone = [...byLabel.values()].flatMap(own => (own.length === 1 ? own : []))
  const shared = [...byLabel].filter(([, own]) => own.length > 1)
  const below = (label: string, own: readonly string[]) => own.map(rule => rule.slice(0, -label.length - 1) || '.')
  return shared.reduce((text, [label, own]) => `${text}A${label}(${shortened(below(label, own))})`, shortened(alone))
}

function shortened(words: readonly string[]): string {
  const sorted = words.toSorted()
  return sorted.map((word, place) => inAbbreviation(word, sorted[place - 1] ?? '')).join('')
}

function inAbbreviation(word: string, before: string): string {
  let shared = 0
  while (shared < 25 && shared < before.length && word[shared] === before[shared]) shared++
  return String.fromCharCode(65 + shared) + word.slice(shared)
}

function rulesOf(trie: Trie, starts: readonly number[], node: number, sign = '', below = ''): string[] {
  const rules: string[] = []
  for (let edge = trie.edgeStart[node] ?? 0; edge < (trie.edgeStart[node + 1] ?? 0); edge++) {
    const name = trie.labelText.slice(starts[edge], starts[edge + 1]) + below
    const child = trie.edgeChild[edge] ?? 0
    if (trie.nodeFlags[child]) rules.push(sign + name)
    rules.push(...rulesOf(trie, starts, child, sign, `.${name}`))
  }
  return rules
}

if (import.meta.main) await writeFile(suffixesFile, await publicSuffixes())
