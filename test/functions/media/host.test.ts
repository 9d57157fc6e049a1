/** Uploads as a browser makes them, through the functions host and over HTTP. */
import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startChild, type Child } from '../../../local/process/child.ts'
import { HOST_BODY_LIMIT_BYTES } from '../../../local/stack/parts.ts'
import { aJpeg, isoMedia } from '../../support/media-samples.ts'
import { aTenant, type Tenant } from '../../support/tenants.ts'
import { aWorld, type World } from '../../support/world.ts'

const MB = 1024 * 1024

let world: World
let acme: Tenant
let host: Child
let url: string
beforeAll(async () => {
  world = await aWorld()
  acme = await aTenant(world)
  host = await startChild({
    part: 'The functions host',
    args: ['local/functions-host/main.ts', '--port', '0'],
    env: { ...world.env, FUNCTIONS_REQUEST_BODY_SIZE_LIMIT: String(HOST_BODY_LIMIT_BYTES) },
  })
  // The host's own ready line.
  url = (JSON.parse(host.ready) as { url: string }).url
})
afterAll(async () => {
  await host.stop()
  await world.close()
})

const signedIn = () => ({ authorization: `Bearer ${acme.owner.token}` })

async function upload(content: Buffer, name: string, type: string) {
  const body = new FormData()
  // The file first: the workspace is known when all of it has gone by.
  body.append('file', new Blob([new Uint8Array(content)], { type }), name)
  body.append('workspace_id', acme.id)
  const answer = await fetch(`${url}/api/media`, { method: 'POST', body, headers: signedIn() })
  return { status: answer.status, body: (await answer.json()) as Record<string, unknown> }
}

/** Linux only: the most memory the host ever had. */
async function peakOfHost(): Promise<number> {
  const status = await readFile(`/proc/${host.process.pid}/status`, 'utf8').catch(() => '')
  return Number(/VmHWM:\s+(\d+) kB/.exec(status)?.[1] ?? 0) / 1024
}

it('a browser’s form is taken, and its download is followed to the same bytes', async () => {
  const content = isoMedia('isom', 'vide')
  const { status, body } = await upload(content, 'Клип.mp4', 'video/mp4')
  expect({ status, body }).toMatchObject({ status: 201, body: { file_name: 'Клип.mp4', type: 'video' } })
  const path = `${url}/api/media/${String(body['id'])}`
  const answer = await fetch(`${path}/download`, { headers: signedIn() })
  expect([answer.redirected, answer.status, answer.headers.get('content-type')]).toEqual([true, 200, 'video/mp4'])
  expect(Buffer.from(await answer.arrayBuffer())).toEqual(content)
  const redirect = await fetch(`${path}/download`, { headers: signedIn(), redirect: 'manual' })
  expect([redirect.status, redirect.headers.get('cache-control'), await redirect.text()]).toEqual([307, 'no-store', ''])
  expect((await fetch(path, { method: 'DELETE', headers: signedIn() })).status).toBe(204)
  expect((await fetch(redirect.headers.get('location')!)).status).toBe(404)
})

it('an image that is too large is told so, although its sender has not finished', async () => {
  const { status, body } = await upload(aJpeg(17 * MB), 'a.jpg', 'image/jpeg')
  expect({ status, body }).toMatchObject({ status: 413, body: { code: 'payload_too_large' } })
})

it('an upload that is refused before anything of it is read leaves its connection usable', async () => {
  const body = new Uint8Array(aJpeg(17 * MB))
  for (const headers of [{ 'x-api-key': 'x' }, { ...signedIn(), 'content-type': 'image/jpeg' }]) {
    const { status } = await fetch(`${url}/api/media`, { method: 'POST', body, headers })
    expect([401, 415]).toContain(status)
    expect((await upload(aJpeg(), 'a.jpg', 'image/jpeg')).status).toBe(201)
  }
})

it('a large video goes through in a fraction of the memory it would take', { timeout: 60_000 }, async () => {
  await upload(isoMedia('isom', 'vide'), 'a.mp4', 'video/mp4')
  const before = await peakOfHost()
  const content = Buffer.concat([isoMedia('isom', 'vide'), Buffer.alloc(24 * MB, 0x5a)])
  const { status, body } = await upload(content, 'a.mp4', 'video/mp4')
  expect({ status, body }).toMatchObject({ status: 201, body: { file_size: content.length } })
  const grown = (await peakOfHost()) - before
  expect(grown).toBeLessThan(60)
})
