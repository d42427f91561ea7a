import { join } from 'node:path'
import { expect, it } from 'vitest'
import { root } from '#cli/machine/paths.ts'
import { measureEgress, reportText } from '../../eval/egress.ts'
import { temporaryFolder, write } from '../support/node/gateway.ts'

const vectors = join(root, 'test/vectors/egress')

it('the egress guard judges every labelled row right', async () => {
  const scores = await measureEgress(vectors)
  expect(scores.flatMap(({ wrong }) => wrong)).toEqual([])
  expect(scores.every(({ allow, deny }) => allow > 0 && deny > 0)).toBe(true)
})

it('a row that is judged wrongly is named, and data that is missing is no success', async () => {
  await using folder = await temporaryFolder()
  await expect(measureEgress(folder.path)).rejects.toThrow()
  await write(folder.path, {
    'ssrf-urls.jsonl': '{"url":"https://evil.example/","why":"mislabelled","expect":"allow"}\n',
    'redirects.jsonl': '{"base":"https://a.example/","location":"/x","why":"not in the list","expect":"deny"}\n',
    'ip-classify.jsonl': '{"ip":"1.1.1.1","why":"undecided","expect":"either"}\n',
  })
  const scores = await measureEgress(folder.path)
  expect(scores.map(({ wrong }) => wrong.length)).toEqual([1, 0, 0])
  expect(reportText(scores)).toContain('  line 1: deny, expected allow: mislabelled\n')
  await write(folder.path, { 'redirects.jsonl': '' })
  await expect(measureEgress(folder.path)).rejects.toThrow('redirects.jsonl holds no rows')
})
