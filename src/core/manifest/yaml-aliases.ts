import { EVENT_ID, type Event } from 'js-yaml'

/** How much a part of the document is, with everything that aliases in it stand for. */
interface Extent {
  isOpen: boolean
  size: number
  /** How many levels of mappings and lists it has. */
  height: number
}

/**
 * Why the aliases of a document cannot be followed, and the offset of the one that cannot: it refers to nothing, or
 * to what it stands in, or all of them together stand for more than may be written out. Takes time that is linear in
 * the events, whatever they stand for.
 *
 * @param maxSize characters, and nodes, that aliases may add
 * @param maxDepth levels of mappings and lists, those that aliases bring along included
 */
export function aliasFault(
  text: string,
  events: readonly Event[],
  { maxSize, maxDepth }: { readonly maxSize: number; readonly maxDepth: number },
): { readonly offset: number; readonly reason: string } | undefined {
  const anchors = new Map<string, Extent>()
  const open: Extent[] = []
  let added = 0
  for (const event of events) {
    if (event.type === EVENT_ID.POP) {
      const ended = open.pop()
      if (ended) include(close(ended))
    } else if (event.type === EVENT_ID.ALIAS) {
      const offset = event.anchorStart
      const name = text.slice(offset, event.anchorEnd)
      const extent = anchors.get(name)
      if (!extent) return { offset, reason: `refers to \`${name}\`, which nothing before it is called` }
      if (extent.isOpen) return { offset, reason: `refers to \`${name}\`, in which it stands` }
      added += extent.size
      if (added > maxSize) return { offset, reason: `stands for more than ${maxSize} characters by its aliases` }
      // one of those that are open is the document
      if (open.length - 1 + extent.height > maxDepth) return { offset, reason: `nests deeper than ${maxDepth} levels` }
      include(extent)
    } else {
      const isScalar = event.type === EVENT_ID.SCALAR
      const extent = { isOpen: !isScalar, size: isScalar ? 1 + event.valueEnd - event.valueStart : 1, height: 0 }
      if (event.type !== EVENT_ID.DOCUMENT && event.anchorStart >= 0)
        anchors.set(text.slice(event.anchorStart, event.anchorEnd), extent)
      if (isScalar) include(extent)
      else open.push(extent)
    }
  }
  return undefined

  function include({ size, height }: Extent): void {
    const parent = open.at(-1)
    if (!parent) return
    parent.size += size
    parent.height = Math.max(parent.height, height)
  }
}

function close(extent: Extent): Extent {
  extent.isOpen = false
  extent.height += 1
  return extent
}
