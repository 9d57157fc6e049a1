/** Listing, opening and deleting media files, and what their links can and cannot do. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { deleteMediaEndpoint } from '../../../functions/media/delete.ts'
import { downloadMediaEndpoint } from '../../../functions/media/download.ts'
import { getMediaEndpoint } from '../../../functions/media/get.ts'
import { listMediaEndpoint } from '../../../functions/media/list.ts'
import { uploadMediaEndpoint } from '../../../functions/media/upload.ts'
import { mediaUrlEndpoint } from '../../../functions/media/url.ts'
import type { Endpoint } from '../../../shared/http/endpoint.ts'
import { mediaLink } from '../../../shared/media/link.ts'
import { findMedia } from '../../../shared/media/find.ts'
import { callEndpoint, type CallAnswer } from '../../support/http.ts'
import { aForm, FORM_HEADERS, SAMPLES, uploadFields, type Sample } from '../../support/media-samples.ts'
import { aTenant, textAt, type Tenant } from '../../support/tenants.ts'
import { aWorld, type World } from '../../support/world.ts'

let world: World
let acme: Tenant
let globex: Tenant
beforeAll(async () => {
  world = await aWorld()
  ;[acme, globex] = await Promise.all([aTenant(world), aTenant(world, 'Globex')])
})
afterAll(() => world.close())

const sample = (name: string): Sample => SAMPLES.find((candidate) => candidate.name === name)!
const PNG = sample('a.png')

async function uploaded(file: Sample = PNG, tenant: Tenant = acme): Promise<string> {
  const bytes = aForm(uploadFields(tenant.id, file))
  const token = tenant.owner.token
  return textAt(await callEndpoint(world, uploadMediaEndpoint, { bytes, headers: FORM_HEADERS, token }), 'id')
}

function ask(endpoint: Endpoint, id: string, query: Record<string, string> = {}, tenant = acme): Promise<CallAnswer> {
  return callEndpoint(world, endpoint, { params: { media_id: id }, query, token: tenant.owner.token })
}

function list(query: Record<string, string>, tenant = acme): Promise<CallAnswer> {
  return callEndpoint(world, listMediaEndpoint, {
    query: { workspace_id: tenant.id, ...query },
    token: tenant.owner.token,
  })
}

describe('a list of media', () => {
  it('is newest first, in pages, by type in any letter case, and of one workspace', async () => {
    const tenant = await aTenant(world)
    const ids: string[] = []
    for (const name of ['a.png', 'a.pdf', 'a.jpg']) ids.unshift(await uploaded(sample(name), tenant))
    const idsOf = ({ body }: CallAnswer) => (body as { data: { id: string }[] }).data.map(({ id }) => id)
    const first = await list({ limit: '2' }, tenant)
    expect(first).toMatchObject({ status: 200, body: { total: 3, limit: 2, offset: 0 } })
    expect(idsOf(first)).toEqual(ids.slice(0, 2))
    expect(idsOf(await list({ limit: '2', offset: '2' }, tenant))).toEqual(ids.slice(2))
    expect(idsOf(await list({ cursor: textAt(first, 'next_cursor') }, tenant))).toEqual(ids.slice(2))
    expect(idsOf(await list({ type: 'IMAGE' }, tenant))).toEqual([ids[0], ids[2]])
    expect(await list({ type: 'video' }, tenant)).toMatchObject({ body: { data: [], total: 0 } })
    const problem = { loc: ['query', 'type'], msg: "Input should be 'image', 'video', 'audio' or 'document'" }
    expect(await list({ type: 'film' }, tenant)).toMatchObject({ status: 422, body: { detail: [problem] } })
    expect(await callEndpoint(world, listMediaEndpoint, { token: acme.owner.token })).toMatchObject({ status: 422 })
    expect(await list({ workspace_id: globex.id }, tenant)).toMatchObject({ status: 403 })
  })
})

describe('a download', () => {
  it('leads to the file, as its type and under its name, and is not kept by caches', async () => {
    const id = await uploaded({ ...sample('a.txt'), name: 'прайс "1".txt'.replaceAll('"', '%22') })
    const redirect = await ask(downloadMediaEndpoint, id)
    expect(redirect).toMatchObject({ status: 307, body: undefined })
    const { headers } = redirect
    expect(headers['cache-control']).toBe('no-store')
    const answer = await fetch(headers['location']!)
    expect(Buffer.from(await answer.arrayBuffer())).toEqual(sample('a.txt').content)
    expect(answer.headers.get('content-type')).toBe('text/plain')
    const disposition = `attachment; filename="_____ _1_.txt"; filename*=UTF-8''${encodeURIComponent('прайс "1".txt')}`
    expect(answer.headers.get('content-disposition')).toBe(disposition)
  })

  it('of a file without a name is called by its id and type', async () => {
    const id = await uploaded({ ...PNG, name: '' })
    const { headers } = await ask(downloadMediaEndpoint, id)
    const answer = await fetch(headers['location']!)
    expect(answer.headers.get('content-disposition')).toContain(`filename="${id}.png"`)
  })
})

describe('a link', () => {
  it.each([
    [{}, 60],
    [{ expiry_minutes: '5' }, 5],
    [{ expiry_minutes: '1440' }, 1440],
  ])('with %j lives %d minutes', async (query: Record<string, string>, minutes) => {
    const before = Date.now()
    const answer = await ask(mediaUrlEndpoint, await uploaded(), query)
    expect(answer).toMatchObject({ status: 200, body: { expires_in_minutes: minutes } })
    const expiresAt = textAt(answer, 'expires_at')
    expect(Math.abs(Date.parse(expiresAt) - before - minutes * 60_000)).toBeLessThan(20_000)
    const signed = new URL(textAt(answer, 'url')).searchParams
    expect(Date.parse(signed.get('se') ?? '')).toBe(Date.parse(expiresAt))
    expect([signed.get('sp'), signed.get('sr'), signed.get('spr')]).toEqual(['r', 'b', 'https,http'])
  })

  it.each([
    ['4', 'greater_than_equal'],
    ['1441', 'less_than_equal'],
    ['-5', 'greater_than_equal'],
    ['5.5', 'int_parsing'],
    ['x', 'int_parsing'],
    ['', 'int_parsing'],
  ])('of %j minutes is 422', async (expiry_minutes, type) => {
    const answer = await ask(mediaUrlEndpoint, await uploaded(), { expiry_minutes })
    expect(answer).toMatchObject({ status: 422, body: { detail: [{ loc: ['query', 'expiry_minutes'], type }] } })
  })

  it('reads its own blob and does nothing else', async () => {
    const [own, other] = [await uploaded(), await uploaded(sample('a.jpg'))]
    const url = new URL(textAt(await ask(mediaUrlEndpoint, own), 'url'))
    const blobOf = async (id: string) => (await findMedia(world.deps, acme.id, id)).blob
    const changed = (change: (link: URL) => void) => {
      const link = new URL(url)
      change(link)
      return link
    }
    const head = { 'x-ms-blob-type': 'BlockBlob' }
    const otherBlob = await blobOf(other)
    const attempts: [string, URL, RequestInit?][] = [
      ['another blob', changed((link) => (link.pathname = link.pathname.replace(/[^/]+$/, otherBlob)))],
      ['a write', url, { method: 'PUT', body: 'x', headers: head }],
      ['a deletion', url, { method: 'DELETE' }],
      [
        'new properties',
        changed((link) => {
          link.searchParams.set('comp', 'properties')
        }),
        { method: 'PUT' },
      ],
      [
        'a list',
        changed((link) => {
          link.pathname = link.pathname.replace(/\/[^/]+$/, '')
          link.search += '&restype=container&comp=list'
        }),
      ],
      [
        'another signature',
        changed((link) => {
          link.searchParams.set('sig', Buffer.alloc(32).toString('base64'))
        }),
      ],
      ['no signature', changed((link) => (link.search = ''))],
      [
        'a longer life',
        changed((link) => {
          link.searchParams.set('se', '2099-01-01T00:00:00Z')
        }),
      ],
      [
        'more permissions',
        changed((link) => {
          link.searchParams.set('sp', 'rwd')
        }),
      ],
      [
        'another type',
        changed((link) => {
          link.searchParams.set('rsct', 'text/html')
        }),
      ],
      [
        'no attachment',
        changed((link) => {
          link.searchParams.set('rscd', 'inline')
        }),
      ],
    ]
    for (const [what, link, init] of attempts) {
      const { status } = await fetch(link, init)
      expect([400, 401, 403, 404], `${what}: ${status}`).toContain(status)
    }
    expect((await fetch(url)).status).toBe(200)
    expect(await world.deps.blobs.get('media', otherBlob)).toEqual(sample('a.jpg').content)
  })

  it('ends when its time is over', async () => {
    const media = await findMedia(world.deps, acme.id, await uploaded())
    const past = { ...world.deps, now: () => new Date(Date.now() - 6 * 60_000) }
    expect((await fetch((await mediaLink(past, media, 5)).url)).status).toBe(403)
    expect((await fetch((await mediaLink(past, media, 60)).url)).status).toBe(200)
  })

  it('ends when the file is deleted', async () => {
    const id = await uploaded()
    const url = textAt(await ask(mediaUrlEndpoint, id), 'url')
    expect((await fetch(url)).status).toBe(200)
    expect(await ask(deleteMediaEndpoint, id)).toMatchObject({ status: 204 })
    expect((await fetch(url)).status).toBe(404)
  })

  it('is in no log line and in no document', async () => {
    const id = await uploaded()
    const signature = new URL(textAt(await ask(mediaUrlEndpoint, id), 'url')).searchParams.get('sig')!
    const said = JSON.stringify([world.lines, await findMedia(world.deps, acme.id, id)])
    for (const form of [signature, encodeURIComponent(signature), 'sig=']) expect(said).not.toContain(form)
  })
})

describe('a deleted media file', () => {
  it('is gone for every read, and a second deletion finds nothing', async () => {
    const id = await uploaded()
    expect(await ask(deleteMediaEndpoint, id)).toMatchObject({ status: 204, body: undefined })
    for (const endpoint of [getMediaEndpoint, downloadMediaEndpoint, mediaUrlEndpoint, deleteMediaEndpoint]) {
      expect(await ask(endpoint, id)).toMatchObject({ status: 404, body: { code: 'media_not_found' } })
    }
    const listed = await list({ limit: '100' })
    expect((listed.body as { data: { id: string }[] }).data.map((item) => item.id)).not.toContain(id)
  })

  it('is not another workspace’s to delete or open', async () => {
    const id = await uploaded()
    for (const endpoint of [getMediaEndpoint, downloadMediaEndpoint, mediaUrlEndpoint, deleteMediaEndpoint]) {
      expect(await ask(endpoint, id, {}, globex)).toMatchObject({ status: 404, body: { code: 'media_not_found' } })
    }
    expect(await ask(getMediaEndpoint, id.toUpperCase())).toMatchObject({ status: 200, body: { id } })
  })
})
