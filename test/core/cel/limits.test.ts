import { describe, expect, it } from 'vitest'
import { compile } from '#core/cel/engine.ts'
import { elapsedMs } from '../../support/elapsed.ts'

const refused = (text: string) => {
  const compiled = compile(text, ['body', 'headers', 'source'])
  return compiled.kind === 'refused' ? compiled.problems : []
}

describe('at publish, an expression is refused', () => {
  it.each([
    ['that is no CEL', 'body.type ==', /^is not a CEL expression: unexpected = at character 11$/],
    ['that is empty', '', /^is not a CEL expression/],
    ['that reads an unknown variable', 'event.type == 1', /^`event` is not known here$/],
    ['that reads a name of JavaScript', 'constructor == 1', /^`constructor` is not known here$/],
    ['that writes a header as a member', "headers.x-kind == 'a'", /^`kind` is not known here$/],
    ['that calls an unknown function', 'body.type.shout() == "A"', /^there is no function `shout`$/],
    ['that calls the library’s `replace`', "body.type.replace('a', 'b') == 'c'", /^there is no function `replace`$/],
    ['that calls a function of JavaScript', 'constructor(1) == 1', /^there is no function `constructor`$/],
    ['that calls the meter', '@turn(true, -1000)', /^is not a CEL expression/],
    ['that makes a message', 'google.protobuf.Struct{} == body', /^makes a message google\.protobuf\.Struct$/],
    ['whose pattern comes from the event', 'body.a.matches(body.b)', /^the pattern of `matches` is computed$/],
    ['whose pattern looks ahead', "body.a.matches('(?=a)')", /^the pattern is not in RE2's syntax/],
    ['whose pattern is too large', "body.a.matches('(?:a{1000}b{1000})')", /^the pattern is too large/],
    ['whose answer is no yes or no', 'body.count + 1', /^is never true or false$/],
    ['that is a text', "'invoice'", /^is never true or false$/],
    ['that is too long', `source == '${'x'.repeat(2048)}'`, /^is longer than 2048 characters$/],
    ['of 3,000 parentheses', `${'('.repeat(1000)}true${')'.repeat(1000)}`, /^nests brackets more than 24 deep$/],
    ['of very many parts', Array(260).fill('true').join('||'), /^has more than 500 parts$/],
    ['that is a long chain', `source == ${Array(60).fill("'a'").join('+')}`, /^is more than 48 operations deep$/],
    ['with loops three deep', 'body.all(a, body.all(b, body.all(c, true)))', /^has more than 2 loops/],
  ])('%s', (_, text, reason) => {
    const problems = refused(text)
    expect(problems.map(problem => problem.reason).join('; ')).toMatch(reason)
    for (const { remedy } of problems) expect(remedy).toMatch(/^[A-Z].*\.$/)
  })

  it('with all its problems at once', () => {
    expect(refused('event.shout() == actor.name').map(({ reason }) => reason)).toEqual([
      'there is no function `shout`',
      '`event` is not known here',
      '`actor` is not known here',
    ])
  })

  it('before much time is spent on it, however it nests', async () => {
    const units = [
      '(',
      '[',
      '{',
      '{a:',
      'a(',
      'a[',
      '-(-',
      '!',
      '-',
      'a?b:',
      'a&&',
      'a.all(x,',
      'has(',
      'a+',
      '"a"+',
      'a<',
      ')(',
      '](',
    ]
    for (const unit of units) {
      const text = unit.repeat(Math.floor(2048 / unit.length))
      expect([unit, (await elapsedMs(() => refused(text))) < 1_000]).toEqual([unit, true])
    }
  })
})

it('does not count a variable of a loop as unknown, nor outside its loop as known', () => {
  expect(refused('body.items.all(item, item.price > 1)')).toEqual([])
  expect(refused('body.items.all(item, item.price > 1) && item == 1')).toHaveLength(1)
})
