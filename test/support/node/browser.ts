export interface Visited {
  readonly status: number
  readonly page: string
  /** Where the browser was sent at last, if that is the place it was to leave at. */
  readonly left?: string
}

type Filling = Readonly<Record<string, string | readonly string[]>>

/**
 * Goes through pages as a browser would, with their cookies: follows redirects and sends every form, filled in, until
 * a page has none, answers with an error, or leads to the place where it is to leave; `abort` is sent once.
 *
 * @param fill values by the name of a form's field, of several the first that is not answered with 403; what a form
 *   does not have is not sent
 */
export async function browse(start: string, fill: Filling, leaveAt?: string): Promise<Visited> {
  const cookies = new Map<string, string>()
  let url = start
  let tries = 0
  let last = ''
  let form: Record<string, string> | undefined
  for (let hops = 0; hops < 16; hops++) {
    const headers = { cookie: [...cookies].map(pair => pair.join('=')).join('; ') }
    const post = form && { method: 'POST', body: new URLSearchParams(form) }
    const response = await fetch(url, { redirect: 'manual', headers, ...post })
    for (const cookie of response.headers.getSetCookie()) {
      const [name = '', value = ''] = (cookie.split(';')[0] ?? '').split('=')
      cookies.set(name, value)
    }
    const isAborted = form?.abort !== undefined
    form = undefined
    const location = response.headers.get('location')
    if (location && leaveAt !== undefined && location.startsWith(leaveAt))
      return { status: response.status, page: '', left: location }
    if (location) {
      url = new URL(location, url).href
      continue
    }
    const answer = await response.text()
    const isRetried = response.status === 403 && hasMore(fill, ++tries)
    const page = isRetried ? last : answer
    last = page
    const action = /<form[^>]+action="([^"]+)"/.exec(page)?.[1]
    if (action === undefined || !(response.ok || isRetried) || isAborted) return { status: response.status, page }
    form = fieldsIn(page, fill, tries)
    url = new URL(action, url).href
  }
  throw new Error(`the pages from ${start} go in a circle`)
}

function hasMore(fill: Filling, tries: number): boolean {
  return Object.values(fill).some(value => typeof value !== 'string' && tries < value.length)
}

/** The values of a form's fields, those that are filled in before those that stand there. */
function fieldsIn(page: string, fill: Filling, tries: number): Record<string, string> {
  const names = [...page.matchAll(/<(?:input|button)[^>]*\sname="(\w+)"[^>]*>/g)]
  const values = names.flatMap(([tag, name = '']): [string, string][] => {
    const given = fill[name]
    const filled = typeof given === 'string' ? given : given?.[tries]
    const value = filled ?? (tag.startsWith('<input') ? /\svalue="([^"]*)"/.exec(tag)?.[1] : undefined)
    return value === undefined ? [] : [[name, value]]
  })
  return Object.fromEntries(values)
}
