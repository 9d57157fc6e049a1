/** What can be uploaded, what cannot, and who may. */
import { randomBytes, randomUUID } from 'node:crypto'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listMediaEndpoint } from '../../../functions/media/list.ts'
import { uploadMediaEndpoint } from '../../../functions/media/upload.ts'
import { blobService } from '../../../shared/azure/storage.ts'
import { handleRequest } from '../../../shared/http/handle.ts'
import { callEndpoint, type CallAnswer } from '../../support/http.ts'
import { aForm, aJpeg, anOle, aPng, aZip, FORM_HEADERS, isoMedia } from '../../support/media-samples.ts'
import { SAMPLES, uploadFields, type FormField, type Sample } from '../../support/media-samples.ts'
import { bufferBytesInUse } from '../../support/memory.ts'
import { aTenant, type Tenant } from '../../support/tenants.ts'
import { aWorld, type World } from '../../support/world.ts'

const MB = 1024 * 1024

let world: World
let acme: Tenant
let globex: Tenant
beforeAll(async () => {
  world = await aWorld()
  ;[acme, globex] = await Promise.all([aTenant(world), aTenant(world, 'Globex')])
})
afterAll(() => world.close())

function send(
  fields: FormField[] | Buffer,
  more: { headers?: Record<string, string>; query?: Record<string, string> } = {},
) {
  const bytes = Buffer.isBuffer(fields) ? fields : aForm(fields)
  const headers = { ...FORM_HEADERS, ...more.headers }
  return callEndpoint(world, uploadMediaEndpoint, { ...more, bytes, headers, token: acme.owner.token })
}

function upload(sample: Pick<Sample, 'name' | 'mime' | 'content'>): Promise<CallAnswer> {
  return send(uploadFields(acme.id, sample))
}

async function storedCount(): Promise<number> {
  const query = { workspace_id: acme.id, limit: '1' }
  const answer = await callEndpoint(world, listMediaEndpoint, { query, token: acme.owner.token })
  return (answer.body as { total: number }).total
}

/** Committed ones: staged blocks are no blobs. */
async function blobNames(): Promise<string[]> {
  const blobs = blobService(world.config).getContainerClient('media').listBlobsFlat()
  return Array.fromAsync(blobs, ({ name }) => name)
}

const UUID_V4 = /^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/

describe('a file of each type of the API document', () => {
  it.each(SAMPLES.map((sample): [string, Sample] => [sample.name, sample]))('%s is taken', async (_name, sample) => {
    const answer = await upload(sample)
    expect(answer.status, JSON.stringify(answer.body)).toBe(201)
    const body = answer.body as { storage_url: string; warnings: string[] }
    expect(body).toMatchObject({
      workspace_id: acme.id,
      type: sample.type,
      mime_type: sample.mime,
      file_name: sample.name,
      file_size: sample.content.length,
      uploaded_by: acme.owner.userId,
      original_url: null,
      sendable_as: sample.sendableAs ?? [...new Set([sample.type, 'document'])],
    })
    expect(body.warnings).toHaveLength(sample.sendableAs ? 1 : 0)
    const url = body.storage_url
    expect(url).not.toContain('?')
    const blob = new URL(url).pathname.split('/').at(-1) ?? ''
    // A name that nobody chose, and that tells nothing of the file.
    expect(blob).toMatch(UUID_V4)
    expect(await world.deps.blobs.get('media', blob)).toEqual(sample.content)
    expect((await fetch(url)).ok).toBe(false)
  })

  it.each(SAMPLES.map((sample): [string, Sample] => [sample.name, sample]))(
    '%s is taken without a declared type, and without an ending',
    async (_name, sample) => {
      const [workspace, file] = uploadFields(acme.id, sample)
      const unknown = { name: 'file', content: sample.content, filename: 'blob', type: 'application/octet-stream' }
      for (const part of [unknown, { ...file!, type: '' }]) {
        expect(await send([workspace!, part])).toMatchObject({ status: 201, body: { mime_type: sample.mime } })
      }
    },
  )

  it.each<[string, string, string, Buffer]>([
    ['text that is declared as an Excel file', 'a.csv', 'application/vnd.ms-excel', Buffer.from('phone,name\n1,x\n')],
    ['MP4 without a video track in sight, sent as audio', 'voice.m4a', 'audio/mp4', isoMedia('isom', 'soun')],
    ['a PNG with a long colour profile', 'a.png', 'image/png', aPng(100_000)],
    [
      'a presentation with a workbook inside',
      'a.ppt',
      'application/vnd.ms-powerpoint',
      anOle(['Workbook', 'PowerPoint Document']),
    ],
    ['letters in capitals', 'A.JPG', 'IMAGE/JPEG', aJpeg()],
  ])('may be %s', async (_what, name, mime, content) => {
    expect(await upload({ name, mime, content })).toMatchObject({ status: 201, body: { file_name: name } })
  })
})

const THEORA = Buffer.from(`OggS\0\x02${'\0'.repeat(20)}\x01\x2a\x80theora${'\0'.repeat(35)}`, 'latin1')

describe('a file that cannot be uploaded', () => {
  type Refused = [what: string, name: string, mime: string, content: Buffer | string, words: RegExp]
  const refused: Refused[] = [
    ['nothing', 'a.txt', 'text/plain', '', /empty/],
    ['a sticker', 'a.webp', 'image/webp', Buffer.from('RIFF\x04\0\0\0WEBPVP8 \0\0\0\0\0\0'), /JPEG, PNG, GIF, BMP/],
    ['a program', 'a.txt', 'text/plain', Buffer.concat([Buffer.from('MZ'), Buffer.alloc(600)]), /none of what/],
    ['noise', 'a.bin', '', randomBytes(20_000), /none of what/],
    ['an archive', 'a.docx', '', aZip(['a.txt']), /none of what/],
    ['macros', 'a.docx', '', aZip(['[Content_Types].xml', 'word/document.xml', 'word/vbaProject.bin']), /none of what/],
    [
      'an archive cut short',
      'a.docx',
      '',
      aZip(['[Content_Types].xml', 'word/document.xml']).subarray(0, 90),
      /none of/,
    ],
    ['an OLE file of something else', 'a.doc', '', anOle(['Visio']), /none of what/],
    ['Theora video', 'a.ogg', '', THEORA, /none of what/],
    [
      'a page',
      'a.html',
      'text/html',
      '<!doctype html><script>alert(1)</script>',
      /text, but it was sent as text\/html/,
    ],
    ['a PNG named JPEG', 'a.jpg', 'image/png', aPng(), /a PNG image, but its name ends in \.jpg/],
    ['a PNG sent as JPEG', 'a.png', 'image/jpeg', aPng(), /a PNG image, but it was sent as image\/jpeg/],
    ['a video named audio', 'a.mp3', '', isoMedia('isom', 'vide'), /an MP4 video, but its name ends in \.mp3/],
    ['a video sent as audio', 'a.mp4', 'audio/mp4', isoMedia('isom', 'vide'), /an MP4 video, but it was sent as audio/],
    [
      'a workbook named document',
      'a.docx',
      '',
      aZip(['[Content_Types].xml', 'xl/workbook.xml']),
      /Excel workbook, but/,
    ],
    ['text named PDF', 'a.pdf', 'application/pdf', 'hello', /text, but it was sent as application\/pdf/],
    ['an image named program', 'a.exe', '', aJpeg(), /a JPEG image, but its name ends in \.exe/],
    ['text with a null byte', 'a.txt', 'text/plain', 'hello\0', /none of what/],
    ['text that turns binary later', 'a.txt', '', `${'x'.repeat(100_000)}\x01`, /none of what/],
  ]
  it.each(refused.map((row): [string, Refused] => [row[0], row]))('is %s', async (_what, row) => {
    const [, name, mime, content, words] = row
    const [stored, blobs] = [await storedCount(), (await blobNames()).length]
    const answer = await upload({ name, mime, content: Buffer.from(content) })
    expect(answer).toMatchObject({ status: 422, body: { detail: [{ loc: ['body', 'file'], type: 'value_error' }] } })
    expect((answer.body as { detail: { msg: string }[] }).detail[0]?.msg).toMatch(words)
    expect([await storedCount(), (await blobNames()).length]).toEqual([stored, blobs])
  })
})

describe('a form', () => {
  const [workspace, file] = uploadFields('')
  const own = () => ({ ...workspace!, content: acme.id })

  it('may have the file first, and fields that nobody knows', async () => {
    const answer = await send([
      { name: 'note', content: 'x' },
      file!,
      { name: 'x', content: 'y', filename: 'z' },
      own(),
    ])
    expect(answer).toMatchObject({ status: 201, body: { workspace_id: acme.id } })
  })

  it('is told all that is wrong with it, in any order, and leaves nothing', async () => {
    const before = await blobNames()
    const wrong = { name: 'workspace_id', content: 'no id' }
    const text = { name: 'file', content: 'no file' }
    const file = { name: 'file', content: aPng(), filename: 'a.png', type: 'image/png' }
    for (const [fields, places] of [
      [
        [wrong, text],
        ['workspace_id', 'file'],
      ],
      [
        [text, wrong],
        ['file', 'workspace_id'],
      ],
      [[wrong], ['workspace_id', 'file']],
      [[file, wrong], ['workspace_id']],
      [[wrong, file], ['workspace_id']],
      [[], ['workspace_id', 'file']],
    ] as const) {
      const answer = await send([...fields])
      expect(answer.status).toBe(422)
      const { detail } = answer.body as { detail: { loc: string[] }[] }
      expect(detail.map(({ loc }) => loc)).toEqual(places.map((place) => ['body', place]))
    }
    expect(await blobNames()).toEqual(before)
  })

  it('may leave the workspace to the address, or name it in both, in capitals', async () => {
    const query = { workspace_id: acme.id.toUpperCase() }
    expect(await send([file!], { query })).toMatchObject({ status: 201 })
    expect(await send([own(), file!], { query })).toMatchObject({ status: 201, body: { workspace_id: acme.id } })
  })

  it.each<[string, () => FormField[], object]>([
    [
      'nothing in it',
      () => [],
      { detail: [{ loc: ['body', 'workspace_id'] }, { loc: ['body', 'file'], type: 'missing' }] },
    ],
    ['no file', () => [own()], { detail: [{ loc: ['body', 'file'], type: 'missing', msg: 'Field required' }] }],
    ['no workspace', () => [file!], { detail: [{ loc: ['body', 'workspace_id'], type: 'missing' }] }],
    ['text as file', () => [own(), { name: 'file', content: 'x' }], { detail: [{ loc: ['body', 'file'] }] }],
    ['two files', () => [own(), file!, file!], { detail: [{ loc: ['body', 'file'] }] }],
    [
      'no id',
      () => [{ ...own(), content: 'x' }, file!],
      { detail: [{ loc: ['body', 'workspace_id'], type: 'uuid_parsing' }] },
    ],
  ])('with %s is 422', async (_what, fields, body) => {
    expect(await send(fields())).toMatchObject({ status: 422, body })
  })

  it('of another workspace is 403 in any order, in the address too, and leaves nothing', async () => {
    const before = await blobNames()
    const theirs = { ...workspace!, content: globex.id }
    const large = { ...file!, content: aJpeg(9_000_000) }
    for (const fields of [
      [theirs, file!],
      [file!, theirs],
      [large, theirs],
      [own(), file!, theirs],
    ]) {
      expect(await send(fields)).toMatchObject({ status: 403, body: { code: 'forbidden' } })
    }
    const query = { workspace_id: globex.id }
    expect(await send([own(), file!], { query })).toMatchObject({ status: 403 })
    expect(await send([{ ...own(), content: randomUUID() }, file!])).toMatchObject({ status: 403 })
    expect(await blobNames()).toEqual(before)
    expect(await callEndpoint(world, uploadMediaEndpoint, { bytes: aForm([]), headers: FORM_HEADERS })).toMatchObject({
      status: 401,
    })
  })

  it.each([
    ['JSON', 'application/json'],
    ['nothing said', ''],
    ['another form', 'application/x-www-form-urlencoded'],
  ])('that is %s is 415 with a hint', async (_what, type) => {
    const answer = await send(Buffer.from('{}'), { headers: { 'content-type': type } })
    expect(answer).toMatchObject({ status: 415, body: { code: 'unsupported_media_type' } })
    expect((answer.body as { detail: string }).detail).toContain('multipart/form-data')
  })

  it('that is cut short or has no boundary is 400, and leaves nothing', async () => {
    const before = await storedCount()
    const whole = aForm([own(), file!])
    for (const length of [0, 10, 60, 150, 200, whole.length - 20, whole.length - 4]) {
      expect(await send(whole.subarray(0, length)), String(length)).toMatchObject({ status: 400 })
    }
    const headers = { 'content-type': 'multipart/form-data' }
    expect(await send(whole, { headers })).toMatchObject({ status: 400, body: { code: 'invalid_request' } })
    expect(await storedCount()).toBe(before)
  })

  it.each([
    ['../../etc/pass\u202ewd.jpg', 'passwd.jpg'],
    ['C:\\\\Users\\\\x\\\\a b.jpg', 'a b.jpg'],
    ['..', null],
    ['', null],
    [`${'é'.repeat(300)}.jpg`, `${'é'.repeat(251)}.jpg`],
    ['фото 😀.jpg', 'фото 😀.jpg'],
  ])('has the file name %j kept as %j', async (filename, kept) => {
    expect(await send([own(), { ...file!, filename }])).toMatchObject({ status: 201, body: { file_name: kept } })
    for (const name of await blobNames()) expect(name).toMatch(UUID_V4)
  })
})

/** A form that is made while it is sent: `size` bytes of one file behind `head`. */
async function* streamedForm(
  workspaceId: string,
  name: string,
  head: Buffer,
  size: number,
): AsyncGenerator<Uint8Array> {
  const form = aForm(uploadFields(workspaceId, { name, mime: '', content: head }))
  const end = form.lastIndexOf('\r\n--a-boundary')
  yield form.subarray(0, end)
  const chunk = Buffer.alloc(64 * 1024, 0x5a)
  for (let sent = head.length; sent < size; sent += chunk.length) {
    yield chunk.subarray(0, Math.min(chunk.length, size - sent))
    await new Promise(setImmediate)
  }
  yield form.subarray(end)
}

async function sendStreamed(name: string, head: Buffer, size: number) {
  let [taken, peak] = [0, 0]
  const request = {
    method: 'POST',
    path: '/api/media',
    params: {},
    query: new URLSearchParams(),
    headers: new Headers({ ...FORM_HEADERS, authorization: `Bearer ${acme.owner.token}` }),
    body: (async function* () {
      for await (const chunk of streamedForm(acme.id, name, head, size)) {
        taken += chunk.length
        if (taken % MB < chunk.length) peak = Math.max(peak, bufferBytesInUse())
        yield chunk
      }
    })(),
  }
  const answer = await handleRequest(uploadMediaEndpoint, request, world.deps)
  return { status: answer.status, body: answer.body as Record<string, unknown>, taken, peak }
}

describe('the limit of', () => {
  it('an image is 16 MB, to the byte, and is told before more is read', async () => {
    expect(await sendStreamed('a.jpg', aJpeg(), 16 * MB)).toMatchObject({ status: 201, body: { file_size: 16 * MB } })
    const { status, body, taken } = await sendStreamed('a.jpg', aJpeg(), 17 * MB)
    const detail = 'An image may have at most 16 MB'
    expect({ status, body }).toMatchObject({ status: 413, body: { code: 'payload_too_large', detail } })
    expect(taken).toBeLessThan(16 * MB + 200_000)
  })

  it('a form is known from its Content-Length', async () => {
    const headers = { 'content-length': String(110 * MB) }
    expect(await send(Buffer.alloc(10), { headers })).toMatchObject({
      status: 413,
      body: { code: 'payload_too_large' },
    })
  })

  it('memory is a few blocks, however large the file is', async () => {
    const before = bufferBytesInUse()
    const { status, peak } = await sendStreamed('a.mp4', isoMedia('isom', 'vide'), 40 * MB)
    expect(status).toBe(201)
    expect((peak - before) / MB).toBeLessThan(32)
  })
})

it('takes 22 files at a time', async () => {
  const before = await storedCount()
  const files = Array.from({ length: 22 }, (_, index) => aJpeg(index < 2 ? 5 * MB : index * 20_000))
  const answers = await Promise.all(files.map((content) => upload({ name: 'a.jpg', mime: 'image/jpeg', content })))
  expect(answers.map(({ status }) => status)).toEqual(files.map(() => 201))
  expect(answers.map(({ body }) => (body as { file_size: number }).file_size)).toEqual(
    files.map(({ length }) => length),
  )
  expect(await storedCount()).toBe(before + 22)
})
