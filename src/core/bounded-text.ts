import { BodyBudget, BodyReader } from '#core/pipeline/body.ts'

/**
 * The text of an answer from outside, of which no more is read than it may have.
 *
 * @throws Fault `body-too-large` past that
 */
export async function boundedText({ body }: Response, maxBytes: number): Promise<string> {
  const reader = new BodyReader(() => body, null, new BodyBudget(maxBytes))
  reader.capAt(maxBytes)
  return new TextDecoder().decode(await reader.read())
}
