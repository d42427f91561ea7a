import type { Prompt } from './prompt.ts'

/** A piece of a prompt that a guard found; offsets count UTF-16 code units of the text at the pointer. */
export interface Span {
  readonly type: string
  readonly pointer: string
  readonly start: number
  readonly end: number
}

/** What injections are known by, in English and German; every pattern takes linear time. */
export const injectionRows: readonly (readonly [type: string, pattern: RegExp])[] = [
  [
    'override',
    /\b(?:ignore|disregard|forget|override)\s{1,4}(?:(?:all|any|every|the|your|my|these|those|of)\s{1,4}){0,4}(?:previous|prior|above|earlier|preceding|former|system)\s{1,4}(?:instructions?|prompts?|messages?|rules|directions|context)\b/giu,
  ],
  [
    'override',
    /\b(?:ignoriere|vergiss|missachte)\s{1,4}(?:(?:alle|die|deine|bitte)\s{1,4}){0,3}(?:vorherigen|bisherigen|obigen|früheren)\s{1,4}(?:anweisungen|befehle|regeln|nachrichten)/giu,
  ],
  [
    'new-role',
    /\byou\s{1,4}are\s{1,4}(?:now|no\s{1,4}longer)\s{1,4}(?:an?\s{1,4})?(?:dan\b|unrestricted|jailbroken|uncensored|bound)/giu,
  ],
  [
    'jailbreak',
    /\b(?:do\s{1,4}anything\s{1,4}now|developer\s{1,4}mode\s{1,4}(?:is\s{1,4})?(?:enabled|on)|jailbreak\s{1,4}mode)\b/giu,
  ],
  [
    'reveal',
    /\b(?:reveal|print|show|repeat|output|leak|tell\s{1,4}me)\s{1,4}(?:(?:me|us|all|the|your|of|full|entire|exact|hidden|initial)\s{1,4}){0,4}(?:system\s{1,4}(?:prompt|message|instructions)|initial\s{1,4}(?:prompt|instructions)|hidden\s{1,4}(?:prompt|instructions))\b/giu,
  ],
  ['forged-turn', /<\|(?:im_start|im_end|system|start_header_id|endoftext|assistant)\|>|\[\/?INST\]|<<\/?SYS>>/giu],
  ['exfiltration', /!\[[^\]\n]{0,100}\]\(https?:\/\/[^)\s?]{1,200}\?[^)\s=]{0,100}=/giu],
  ['hidden-text', /[\u{e0020}-\u{e007e}]{4,}|[\u202a-\u202e\u2066-\u2069]/gu],
]

/** Spans told of one prompt. */
const maxSpans = 20

/** Where a prompt holds what injections are known by. A heuristic: it finds the common ones, and misses new ones. */
export function injectionsIn({ texts }: Prompt): Span[] {
  const spans: Span[] = []
  for (const { text, pointer } of texts)
    for (const [type, pattern] of injectionRows)
      for (const { index, 0: found } of text.matchAll(pattern)) {
        if (spans.length === maxSpans) return spans
        spans.push({ type, pointer, start: index, end: index + found.length })
      }
  return spans
}
