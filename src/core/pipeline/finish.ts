import type { Ports } from '#core/ports.ts'
import { about, modeOf, resultOf, shadowed } from './judging.ts'
import { deny, type Finish, type Policy, type Withheld } from './policy.ts'
import { refusalOf } from './refusal.ts'
import type { Walk } from './walk.ts'

/** What a policy leaves of a walk that has ended. An answer that it could not finish with is not given: it fails closed. */
export function finished<Reply>(policy: Policy, walk: Walk<Reply>, ports: Ports): Walk<Reply> | Promise<Walk<Reply>> {
  const answer = answerOf(walk)
  try {
    const finish = policy.after?.(walk.exchange, ports, answer)
    if (finish === undefined || finish === answer) return walk
    if (!(finish instanceof Promise)) return left(policy, walk, finish, ports)
    return finish
      .then(settled => left(policy, walk, settled, ports))
      .catch(error => failedAfter(policy, walk, error, ports))
  } catch (error) {
    return failedAfter(policy, walk, error, ports)
  }
}

function answerOf<Reply>(walk: Walk<Reply>): Response | undefined {
  return walk.kind === 'ended' && walk.reply instanceof Response ? walk.reply : undefined
}

function left<Reply>(policy: Policy, walk: Walk<Reply>, finish: Finish, ports: Ports): Walk<Reply> {
  const answer = answerOf(walk)
  if (!answer || !finish || finish === answer) return walk
  return finish instanceof Response ? replied(walk, finish) : withheld(policy, finish, walk, ports)
}

function failedAfter<Reply>(policy: Policy, walk: Walk<Reply>, error: unknown, ports: Ports): Walk<Reply> {
  const detail = String(error)
  ports.log.write('error', 'policy-after-failed', { ...about(walk.exchange), policy: policy.name, detail })
  const answer = answerOf(walk)
  if (!answer) return walk
  answer.body?.cancel().catch(() => {})
  const refusal = { ...refusalOf(error, policy.name), policy: policy.name }
  return { kind: 'refused', exchange: walk.exchange, trail: walk.trail, refusal }
}

/** An answer withheld is a refusal; in shadow mode that is recorded, and the answer goes out. */
function withheld<Reply>(
  policy: Policy,
  { fault, detail, original }: Withheld,
  walk: Walk<Reply>,
  ports: Ports,
): Walk<Reply> {
  const { exchange, trail } = walk
  const mode = modeOf(policy, exchange, ports)
  const verdict = deny(fault, detail)
  trail.path = trail.path.with(policy.name, resultOf(verdict, mode))
  if (mode === 'shadow') {
    shadowed(policy, verdict, exchange, ports)
    return replied(walk, original)
  }
  original.body?.cancel().catch(() => {})
  const refusal = { fault, detail, headers: {}, problems: [], policy: policy.name }
  return { kind: 'refused', exchange, trail, refusal }
}

function replied<Reply>(walk: Walk<Reply>, reply: Response): Walk<Reply> {
  return { ...walk, reply } as Walk<Reply>
}
