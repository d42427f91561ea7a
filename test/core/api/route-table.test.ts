import { describe, expect, it } from 'vitest'
import { clashes, RouteTable } from '#core/api/route-table.ts'
import { ApiRoute } from '#core/manifest/api-schema.ts'

const route = (path: string, methods: string[] = ['GET']) => ApiRoute.parse({ path, methods, auth: 'none' })
const table = (...paths: string[]) => new RouteTable(paths.map(path => route(path)))
const found = (routes: RouteTable<ApiRoute>, path: string) => routes.find(path)?.methods.template

describe('a route', () => {
  it('without parameters takes its path alone, letter for letter', () => {
    const routes = table('/v1/places')
    expect(found(routes, '/v1/places')).toBe('/v1/places')
    for (const path of ['/v1/places/', '/v1/Places', '/v1/place', '/v1', '/', '/v1/places/1'])
      expect(found(routes, path), path).toBeUndefined()
  })

  it('with parameters takes one segment for each, never an empty one', () => {
    const routes = table('/v1/{kind}/{id}')
    expect(routes.find('/v1/a%20b/4')).toMatchObject({ params: { kind: 'a%20b', id: '4' } })
    for (const path of ['/v1/a', '/v1/a/', '/v1//b', '/v1/a/b/c']) expect(found(routes, path), path).toBeUndefined()
  })

  it('with a final * takes whatever follows the slash, also nothing', () => {
    const routes = table('/public/*')
    for (const path of ['/public/', '/public/a', '/public/a/b/']) expect(found(routes, path)).toBe('/public/*')
    for (const path of ['/public', '/publicity/a', '/']) expect(found(routes, path), path).toBeUndefined()
    for (const path of ['/', '/a', '/a/b']) expect(found(table('/*'), path)).toBe('/*')
  })

  it('wins by being the most specific, whatever the order', () => {
    const paths = ['/*', '/v1/*', '/v1/{id}', '/v1/me', '/v1/{id}/items', '/v1/me/*']
    for (const order of [paths, paths.toReversed()]) {
      const routes = table(...order)
      expect(
        ['/x', '/v1/a/b', '/v1/a', '/v1/me', '/v1/me/items', '/v1/you/items'].map(path => found(routes, path)),
      ).toEqual(['/*', '/v1/*', '/v1/{id}', '/v1/me', '/v1/me/*', '/v1/{id}/items'])
    }
  })

  it('answers for its path alone: a more general one does not step in for a method it lacks', () => {
    const routes = new RouteTable([route('/v1/me', ['PUT']), route('/v1/{id}', ['GET'])])
    expect([...(routes.find('/v1/me')?.methods.byMethod.keys() ?? [])]).toEqual(['PUT'])
  })

  it('shares a path with others of other methods', () => {
    const routes = new RouteTable([route('/v1/{id}', ['GET']), route('/v1/{name}', ['PUT', 'DELETE'])])
    expect([...(routes.find('/v1/a')?.methods.byMethod.keys() ?? [])]).toEqual(['GET', 'PUT', 'DELETE'])
  })

  it('is none where the app, once it has decoded the path, would take another one', () => {
    const routes = table('/v1/{id}', '/v1/admin', '/pub/*')
    expect(found(routes, '/v1/%61dmin')).toBeUndefined()
    expect(found(routes, '/%761/admin')).toBeUndefined()
    expect(found(routes, '/v1/a%20b')).toBe('/v1/{id}')
    expect(found(routes, '/v1/%E0%A4%A')).toBe('/v1/{id}')
    expect(found(routes, '/pub/%61dmin')).toBe('/pub/*')
  })

  it('is none where an app that makes nothing of case or of a final slash would take another one', () => {
    const routes = table('/*', '/admin', '/Reports/{id}', '/docs/', '/open/*', '/v1/{id}', '/v1/me')
    for (const path of ['/Admin', '/admin/', '/ADMIN/', '/%41dmin', '/reports/4', '/Reports/4/', '/docs', '/Docs/'])
      expect(found(routes, path), path).toBeUndefined()
    for (const path of ['/OPEN/x', '/v1/ME', '/v1/me/']) expect(found(routes, path), path).toBeUndefined()
    for (const path of ['/admin', '/Reports/4', '/docs/', '/v1/me']) expect(found(routes, path), path).toBeDefined()
    expect(['/open/', '/open/A/b/', '/v1/A'].map(path => found(routes, path))).toEqual([
      '/open/*',
      '/open/*',
      '/v1/{id}',
    ])
    expect(['/', '/Administrators', '/admins/'].map(path => found(routes, path))).toEqual(['/*', '/*', '/*'])
  })

  it('that the manifest writes in two cases is each of the two', () => {
    const routes = table('/a', '/A', '/v1/{x}/B', '/v1/{y}/b')
    expect(['/a', '/A', '/v1/1/B', '/v1/1/b'].map(path => found(routes, path))).toEqual([
      '/a',
      '/A',
      '/v1/{x}/B',
      '/v1/{y}/b',
    ])
  })
})

describe('two routes', () => {
  it('clash where they share a method and differ in the names of parameters at most', () => {
    const routes = [route('/a/{x}', ['GET', 'PUT']), route('/a/b', ['GET']), route('/a/{y}', ['PUT', 'POST'])]
    expect(clashes(routes)).toEqual([{ index: 2, earlier: 0, method: 'PUT' }])
  })
})
