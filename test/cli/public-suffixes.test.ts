import { readFile } from 'node:fs/promises'
import fc from 'fast-check'
import { getPublicSuffix } from 'tldts-icann'
import { expect, it } from 'vitest'
import { isUnderPublicSuffix, suffixRules } from '#core/egress/public-suffix.ts'
import { readRule } from '#core/egress/rule.ts'
import { publicSuffixes, suffixesFile } from '../../scripts/public-suffixes.ts'

it('the suffixes are those of the tldts-icann in package.json: `npm run public-suffixes` takes them over', async () => {
  expect(await readFile(suffixesFile, 'utf8')).toBe(await publicSuffixes())
})

it('a name is a suffix exactly where tldts-icann says so: every rule, what stands above and below it, and any name', async () => {
  const domains = Object.keys(JSON.parse(await readFile(suffixesFile, 'utf8')) as Record<string, string>)
  const rules = domains.flatMap(domain => [...suffixRules(domain)].map(rule => `${rule}.${domain}`))
  const plain = rules.map(rule => rule.replace(/^!/, '').replace('*', 'any'))
  const names = [
    ...plain,
    ...plain.map(name => `shop.${name}`),
    ...plain.map(name => name.slice(name.indexOf('.') + 1)),
  ]
  expect(rules.length).toBeGreaterThan(5_000)
  for (const name of names) expect([name, isUnder(name)]).toEqual([name, isSuffix(name)])
  const label = fc.stringMatching(/^[a-z][a-z0-9]{0,9}$/)
  const tail = fc.constantFrom('', '.com', '.co.uk', '.kawasaki.jp', '.ck', '.zz', '.constructor')
  fc.assert(fc.property(label, tail, (one, rest) => isUnder(one + rest) === isSuffix(one + rest)))
})

function isUnder(name: string): boolean {
  const rule = readRule(`https://*.${name}`)
  if (typeof rule === 'string') throw new Error(rule)
  return isUnderPublicSuffix(rule)
}

/** What may stand directly under the name is somebody else's. */
function isSuffix(name: string): boolean {
  return (getPublicSuffix(`x.${name}`, { validateHostname: false }) ?? '').length >= name.length
}
