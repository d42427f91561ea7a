import { describe, expect, it } from 'vitest'
import { digestOf } from '#core/manifest/digest.ts'
import { openRevision, Pointer } from '#core/manifest/entry.ts'
import { documentOf } from '../../support/manifests.ts'

const manifest = documentOf()
const digest = await digestOf(manifest)
const stored = { manifest, digest, schemaVersion: 1 }
const otherDigest = `sha256:${'0'.repeat(64)}`

describe('a revision', () => {
  it('is opened as the manifest, with its defaults', async () => {
    expect(await openRevision('shop', digest, stored)).toMatchObject({ spec: { limits: { bodyBytes: 10_485_760 } } })
  })

  it('is refused when its digest is not the one asked for', async () => {
    expect(await openRevision('shop', otherDigest, stored)).toContain('does not hold what its digest says')
  })

  it('is refused when it was changed under its digest', async () => {
    const changed = documentOf({ upstreams: [{ name: 'stable', url: 'https://evil.example.com' }] })
    expect(await openRevision('shop', digest, { ...stored, manifest: changed })).toContain('does not hold')
  })

  it('is refused when it claims the digest asked for and holds something else', async () => {
    expect(await openRevision('shop', otherDigest, { ...stored, digest: otherDigest })).toContain('does not hold')
  })

  it('is refused when it is another app’s', async () => {
    const other = documentOf({}, 'other')
    const otherStored = { manifest: other, digest: await digestOf(other), schemaVersion: 1 }
    expect(await openRevision('shop', otherStored.digest, otherStored)).toContain('is of app other')
  })

  it('is refused when the manifest is none by the rules of today', async () => {
    const old = { ...manifest, apiVersion: 'gatehouse/v0' }
    const oldStored = { manifest: old, digest: await digestOf(old), schemaVersion: 1 }
    expect(await openRevision('shop', oldStored.digest, oldStored)).toContain('apiVersion')
  })

  it.each([
    undefined,
    null,
    'text',
    [],
    {},
    { ...stored, schemaVersion: 2 },
    { ...stored, digest: 'sha256:abc' },
    { ...stored, more: 1 },
  ])('is refused when it is malformed: %j', async value => {
    expect(await openRevision('shop', digest, value)).toContain('is missing or malformed')
  })
})

describe('a pointer', () => {
  const pointer = {
    digest,
    expiresAt: '2027-01-01T00:00:00.000Z',
    publishedAt: '2026-11-21T00:00:00.000Z',
    publishedBy: 'tess',
    sequence: 1,
    environment: 'local',
  }

  it('is read as the design names its fields', () => {
    expect(Pointer.parse(pointer)).toEqual(pointer)
  })

  it.each([
    { digest: 'abc' },
    { digest: digest.toUpperCase() },
    { expiresAt: 'soon' },
    { expiresAt: '2027-01-01' },
    { publishedAt: 7 },
    { sequence: 0 },
    { sequence: 1.5 },
    { surprise: true },
  ])('is refused with %j', change => {
    expect(Pointer.safeParse({ ...pointer, ...change }).success).toBe(false)
  })
})
