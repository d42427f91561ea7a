import { describe, expect, it } from 'vitest'
import { Fault } from '#core/fault.ts'
import { Pipeline } from '#core/pipeline/pipeline.ts'
import { deny, drop, type Policy, pass } from '#core/pipeline/policy.ts'
import { entryOf, exchangeOf, recordingPorts } from '../../support/ports.ts'

/** Policies that note when they are called; each passes unless it is told what to do. */
function noting() {
  const calls: string[] = []
  const policy = (
    name: string,
    judge: Policy['before'] = () => pass(),
    { isMandatory = false, after = () => {} }: { isMandatory?: boolean; after?: () => void } = {},
  ): Policy => ({
    name,
    isMandatory,
    before(exchange, ports) {
      calls.push(name)
      return judge(exchange, ports)
    },
    after(exchange) {
      calls.push(`after ${name}${exchange.replyHeaders ? ' with replyHeaders' : ''}`)
      after()
    },
  })
  return { calls, policy }
}

const throwing = (error: unknown) => () => {
  throw error
}
const start = (modes: Readonly<Record<string, string>> = {}) =>
  exchangeOf({
    entry: entryOf({ policies: Object.fromEntries(Object.entries(modes).map(([name, mode]) => [name, { mode }])) }),
  })
const ending = async () => 'done'

describe('a walk', () => {
  it('meets every policy in the order in which stages and policies are written, then the ending', async () => {
    const { calls, policy } = noting()
    const pipeline = new Pipeline({ steer: [policy('a'), policy('b')], admit: [policy('c')] })
    const walk = await pipeline.walk(start(), recordingPorts().ports, async () => calls.push('ending'))
    expect(walk.kind).toBe('ended')
    expect(calls).toEqual(['a', 'b', 'c', 'ending', 'after c', 'after b', 'after a'])
    expect(pipeline.policies.map(({ name }) => name)).toEqual(['a', 'b', 'c'])
  })

  it('ends with the reply of the ending', async () => {
    const walk = await new Pipeline({}).walk(start(), recordingPorts().ports, ending)
    expect(walk).toMatchObject({ kind: 'ended', reply: 'done' })
  })

  it('hands what a policy changes on to the next, to the ending and to every `after`', async () => {
    const { calls, policy } = noting()
    const seen: unknown[] = []
    const pipeline = new Pipeline({
      admit: [
        policy('first', () => pass({ replyHeaders: { one: '1' } })),
        policy('second', ({ replyHeaders }) => {
          seen.push(replyHeaders)
          return pass()
        }),
      ],
    })
    const walk = await pipeline.walk(start(), recordingPorts().ports, async ({ replyHeaders }) =>
      seen.push(replyHeaders),
    )
    expect(seen).toEqual([{ one: '1' }, { one: '1' }])
    expect(walk.exchange.replyHeaders).toEqual({ one: '1' })
    expect(calls.slice(2)).toEqual(['after second with replyHeaders', 'after first with replyHeaders'])
  })

  it('leaves the exchange it began with as it was', async () => {
    const { policy } = noting()
    const exchange = Object.freeze(start())
    await new Pipeline({ admit: [policy('a', () => pass({ replyHeaders: {} }))] }).walk(
      exchange,
      recordingPorts().ports,
      ending,
    )
    expect(exchange.replyHeaders).toBeUndefined()
  })
})

describe('a deny', () => {
  it('ends the walk with its fault, detail, headers and the name of the policy', async () => {
    const { calls, policy } = noting()
    const denying = policy('b', () => deny('method-denied', 'GET on a hook', { allow: 'POST' }))
    const walk = await new Pipeline({ admit: [policy('a'), denying, policy('c')], steer: [policy('d')] }).walk(
      start(),
      recordingPorts().ports,
      async () => calls.push('ending'),
    )
    expect(walk).toMatchObject({
      kind: 'refused',
      refusal: {
        fault: 'method-denied',
        detail: 'GET on a hook',
        headers: { allow: 'POST' },
        policy: 'b',
        problems: [],
      },
    })
    expect(calls).toEqual(['a', 'b', 'after a'])
  })

  it('is what a Fault amounts to that a policy throws', async () => {
    const { policy } = noting()
    const thrown = policy('a', throwing(new Fault('body-too-large', 'too much')))
    const { ports, counted } = recordingPorts()
    const walk = await new Pipeline({ admit: [thrown] }).walk(start(), ports, ending)
    expect(walk).toMatchObject({
      kind: 'refused',
      refusal: { fault: 'body-too-large', detail: 'too much', policy: 'a' },
    })
    expect(counted).toEqual(['shop policy_verdicts_total {"door":"hooks","policy":"a","verdict":"deny"} 1'])
  })
})

it('goes on after a drop, to an ending that knows of it, and counts it', async () => {
  const { calls, policy } = noting()
  const { ports, counted } = recordingPorts()
  const pipeline = new Pipeline({ inspect: [policy('filter', () => drop('unwanted')), policy('b')] })
  const walk = await pipeline.walk(start(), ports, ending)
  expect(walk).toMatchObject({ kind: 'ended', exchange: { isDropped: true } })
  expect(calls.filter(call => !call.startsWith('after'))).toEqual(['filter', 'b'])
  expect(calls.filter(call => call.startsWith('after'))).toHaveLength(2)
  expect(counted[0]).toBe('shop policy_verdicts_total {"door":"hooks","policy":"filter","verdict":"drop"} 1')
})

describe('a policy’s mode', () => {
  const denying = (name: string, isMandatory = false) => {
    const { calls, policy } = noting()
    return { calls, policy: policy(name, () => deny('route-unknown', 'no'), { isMandatory }) }
  }

  it('shadow records a deny as would-deny and lets the request pass, without `after`', async () => {
    const { calls, policy } = denying('schema')
    const { ports, counted, logged } = recordingPorts()
    const walk = await new Pipeline({ inspect: [policy] }).walk(start({ schema: 'shadow' }), ports, ending)
    expect(walk.kind).toBe('ended')
    expect(calls).toEqual(['schema'])
    expect(counted).toEqual(['shop policy_verdicts_total {"door":"hooks","policy":"schema","verdict":"would-deny"} 1'])
    expect(logged).toEqual(['info would-deny route-unknown'])
  })

  it('shadow records a drop as would-drop and drops nothing', async () => {
    const { policy } = noting()
    const { ports, counted, logged } = recordingPorts()
    const pipeline = new Pipeline({ inspect: [policy('filter', () => drop('unwanted'))] })
    const walk = await pipeline.walk(start({ filter: 'shadow' }), ports, ending)
    expect(walk).toMatchObject({ kind: 'ended' })
    expect(walk.exchange.isDropped).toBeUndefined()
    expect(counted).toEqual(['shop policy_verdicts_total {"door":"hooks","policy":"filter","verdict":"would-drop"} 1'])
    expect(logged).toEqual(['info would-drop'])
  })

  it('shadow changes nothing for a policy that passes', async () => {
    const { calls, policy } = noting()
    const { ports, counted } = recordingPorts()
    const pipeline = new Pipeline({ inspect: [policy('schema', () => pass({ replyHeaders: {} }))] })
    const walk = await pipeline.walk(start({ schema: 'shadow' }), ports, ending)
    expect(walk.exchange.replyHeaders).toEqual({})
    expect(calls).toEqual(['schema', 'after schema with replyHeaders'])
    expect(counted[0]).toContain('"verdict":"pass"')
  })

  it('off skips the policy, uncounted', async () => {
    const { calls, policy } = denying('schema')
    const { ports, counted } = recordingPorts()
    const walk = await new Pipeline({ inspect: [policy] }).walk(start({ schema: 'off' }), ports, ending)
    expect(walk.kind).toBe('ended')
    expect([...calls, ...counted]).toEqual([])
  })

  it.each(['shadow', 'off'])('%s does nothing to a mandatory policy', async mode => {
    const { policy } = denying('route', true)
    const walk = await new Pipeline({ inspect: [policy] }).walk(start({ route: mode }), recordingPorts().ports, ending)
    expect(walk.kind).toBe('refused')
  })

  it('is enforce where the manifest says nothing, or there is no entry yet', async () => {
    for (const exchange of [start(), exchangeOf()]) {
      const { policy } = denying('schema')
      expect((await new Pipeline({ inspect: [policy] }).walk(exchange, recordingPorts().ports, ending)).kind).toBe(
        'refused',
      )
    }
  })
})

describe('what is thrown', () => {
  it('by a policy is internal, and the walk fails closed, whatever its mode', async () => {
    for (const mode of ['enforce', 'shadow']) {
      const { calls, policy } = noting()
      const broken = policy('schema', throwing(new TypeError('oops')))
      const walk = await new Pipeline({ admit: [policy('a'), broken, policy('c')] }).walk(
        start({ schema: mode }),
        recordingPorts().ports,
        ending,
      )
      expect(walk).toMatchObject({ kind: 'refused', refusal: { fault: 'internal' } })
      expect(walk.kind === 'refused' && walk.refusal.detail).toMatch(/^schema: TypeError: oops/)
      expect(calls).toEqual(['a', 'schema', 'after a'])
    }
  })

  it('by the ending is internal, or the code of a Fault', async () => {
    const { calls, policy } = noting()
    const pipeline = new Pipeline({ admit: [policy('a')] })
    const fault = await pipeline.walk(start(), recordingPorts().ports, throwing(new Fault('overloaded', 'full')))
    expect(fault).toMatchObject({ kind: 'refused', refusal: { fault: 'overloaded', detail: 'full' } })
    const other = await pipeline.walk(start(), recordingPorts().ports, throwing('a string'))
    expect(other).toMatchObject({ kind: 'refused', refusal: { fault: 'internal', detail: 'ending: a string' } })
    expect(calls).toEqual(['a', 'after a', 'a', 'after a'])
  })

  it('by an `after` that has an answer in its hands withholds the answer: what it could not finish is not sent', async () => {
    const { ports, logged } = recordingPorts()
    const masking: Policy = {
      name: 'piiMasking',
      isMandatory: true,
      before: () => pass(),
      after: throwing(new Fault('internal', 'residue')),
    }
    const walk = await new Pipeline({ admit: [masking] }).walk(exchangeOf(), ports, async () => new Response('secret'))
    expect(walk).toMatchObject({ kind: 'refused', refusal: { fault: 'internal', policy: 'piiMasking' } })
    expect(logged).toEqual(['error policy-after-failed'])
  })

  it('by an `after` is logged, and keeps neither the others from running nor the reply from going out', async () => {
    const { calls, policy } = noting()
    const broken = policy('b', () => pass(), { after: throwing(new Error('oops')) })
    const { ports, logged } = recordingPorts()
    const walk = await new Pipeline({ admit: [policy('a'), broken, policy('c')] }).walk(start(), ports, ending)
    expect(walk).toMatchObject({ kind: 'ended', reply: 'done' })
    expect(calls.slice(3)).toEqual(['after c', 'after b', 'after a'])
    expect(logged).toEqual(['error policy-after-failed'])
  })
})

describe('counting', () => {
  it('is under the app that a policy has found, and under none where none was found', async () => {
    const { policy } = noting()
    const { ports, counted } = recordingPorts()
    await new Pipeline({ admit: [policy('a')] }).walk(exchangeOf({ app: 'a-name-from-a-stranger' }), ports, ending)
    expect(counted.splice(0).map(line => line.split(' ')[0])).toEqual(['-'])
    const pipeline = new Pipeline({
      admit: [policy('a'), policy('registered', () => pass({ entry: entryOf() })), policy('b')],
    })
    await pipeline.walk(exchangeOf({ app: 'a-name-from-a-stranger' }), ports, ending)
    expect(counted.map(line => line.split(' ')[0])).toEqual(['shop', 'shop', 'shop'])
  })

  it('adds up the milliseconds that a stage waited', async () => {
    const { policy } = noting()
    const recorded = recordingPorts()
    const slow = policy('slow', async () => {
      recorded.pass(7)
      return pass()
    })
    await new Pipeline({ admit: [policy('quick')], identify: [slow, slow] }).walk(start(), recorded.ports, ending)
    expect(recorded.counted.filter(line => line.includes('milliseconds'))).toEqual([
      'shop stage_milliseconds_total {"door":"hooks","stage":"identify"} 14',
    ])
  })
})

it('lets every policy that passed hand on a changed answer, the last one first, and none that serves another door', async () => {
  const adding = (name: string, doors?: Policy['doors']): Policy => ({
    name,
    isMandatory: true,
    ...(doors && { doors }),
    before: () => pass(),
    after: async (_exchange, _ports, answer) => new Response(`${await answer?.text()} ${name}`),
  })
  const pipeline = new Pipeline({ admit: [adding('a'), adding('b'), adding('egress', ['egress'])] })
  const walk = await pipeline.walk(exchangeOf(), recordingPorts().ports, async () => new Response('answer'))
  expect(walk.kind === 'ended' && (await walk.reply.text())).toBe('answer b a')
})
