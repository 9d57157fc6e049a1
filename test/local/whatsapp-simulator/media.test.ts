/** Media: upload, the two-step download whose URL lives five minutes, deletion, and the upload of template samples. */
import { createHash } from 'node:crypto'
import { describe, expect, it } from 'vitest'
import { holding } from './reply.ts'
import { aSimulator } from './world.ts'
import type { Answer, Simulated } from './world.ts'

const dayMs = 24 * 3600 * 1000
// Binary with line ends and dashes inside: a parser that splits on those breaks it.
const bytes = Buffer.from('ffd8ff0d0a2d2d0d0a0d0a00ff2d2d', 'hex')

function form(file: Buffer, type: string, parts: Record<string, string> = { messaging_product: 'whatsapp' }): FormData {
  const data = new FormData()
  for (const [name, value] of Object.entries(parts)) data.set(name, value)
  data.set('type', type)
  data.set('file', new Blob([Uint8Array.from(file)], { type }), 'a.bin')
  return data
}

async function upload(simulator: Simulated, file = bytes, type = 'image/jpeg'): Promise<Answer> {
  return simulator.graph('POST', `${simulator.phoneNumberId}/media`, form(file, type))
}

describe('an uploaded file', () => {
  it('can be read as a node and downloaded with the token, byte for byte', async () => {
    const simulator = await aSimulator()
    const { id } = (await upload(simulator)).body
    const { body } = await simulator.graph('GET', `${id}?phone_number_id=${simulator.phoneNumberId}`)
    expect(body).toEqual({
      messaging_product: 'whatsapp',
      url: holding('/whatsapp_business/attachments/?mid='),
      mime_type: 'image/jpeg',
      sha256: createHash('sha256').update(bytes).digest('hex'),
      file_size: String(bytes.length),
      id,
    })
    const file = await fetch(body.url, { headers: { authorization: `Bearer ${simulator.accessToken}` } })
    expect([file.status, file.headers.get('content-type')]).toEqual([200, 'image/jpeg'])
    expect(Buffer.from(await file.arrayBuffer())).toEqual(bytes)
  })

  it('is not given away without a token, with a forged URL, or to another business', async () => {
    const simulator = await aSimulator()
    const { url } = (await simulator.graph('GET', (await upload(simulator)).body.id)).body
    const { access_token: other } = await simulator.control('POST', 'tokens', { waba_ids: ['1'] })
    const get = async (address: string, token: string | null) =>
      (await fetch(address, token === null ? {} : { headers: { authorization: `Bearer ${token}` } })).status
    expect(await get(url, null)).toBe(401)
    expect(await get(url.replace('hash=', 'hash=x'), simulator.accessToken)).toBe(404)
    expect(await get(url, other)).toBe(404)
    expect(await get(url, simulator.accessToken)).toBe(200)
  })

  it('has URLs of five minutes and a life of 30 days', async () => {
    const simulator = await aSimulator()
    const { id } = (await upload(simulator)).body
    const status = async (url: string) =>
      (await fetch(url, { headers: { authorization: `Bearer ${simulator.accessToken}` } })).status
    const { url } = (await simulator.graph('GET', id)).body
    await simulator.control('POST', 'clock', { advance_ms: 5 * 60 * 1000 + 1000 })
    expect(await status(url)).toBe(404)
    expect(await status((await simulator.graph('GET', id)).body.url)).toBe(200)
    await simulator.control('POST', 'clock', { advance_ms: 30 * dayMs })
    expect((await simulator.graph('GET', id)).body.error).toMatchObject({ code: 100, error_subcode: 33 })
  })

  it('belongs to the number it was uploaded for', async () => {
    const simulator = await aSimulator()
    const { id } = (await upload(simulator)).body
    expect((await simulator.graph('GET', `${id}?phone_number_id=999`)).status).toBe(400)
    expect((await simulator.graph('DELETE', `${id}?phone_number_id=${simulator.phoneNumberId}`)).body).toEqual({
      success: true,
    })
    expect((await simulator.graph('GET', id)).status).toBe(400)
  })

  it('must be of a type WhatsApp takes, bare, and not too large', async () => {
    const simulator = await aSimulator()
    for (const type of ['application/octet-stream', 'audio/ogg; codecs=opus']) {
      const { status, body } = await upload(simulator, bytes, type)
      expect(status).toBe(400)
      expect(body.error.message).toMatch(
        /^\(#100\) Param file must be a file with one of the following types: audio\/aac, audio\/mp4, /,
      )
      expect(body.error.message).toContain(`Received file of type '${type}'.`)
    }
    expect((await upload(simulator, Buffer.alloc(500 * 1024 + 1), 'image/webp')).body.error.code).toBe(131053)
    expect((await upload(simulator, Buffer.alloc(5 * 1024 * 1024), 'image/png')).status).toBe(200)
  })

  it('needs messaging_product', async () => {
    const simulator = await aSimulator()
    const { status, body } = await simulator.graph(
      'POST',
      `${simulator.phoneNumberId}/media`,
      form(bytes, 'image/jpeg', {}),
    )
    expect([status, body.error.message]).toEqual([400, '(#100) The parameter messaging_product is required.'])
  })

  it('can be sent; as another kind it fails later with 131053', async () => {
    const simulator = await aSimulator()
    await simulator.control('POST', 'windows', { from: '15550009876', open: true })
    const { id } = (await upload(simulator)).body
    expect((await simulator.send({ type: 'image', image: { id } })).status).toBe(200)
    expect((await simulator.send({ type: 'document', document: { id } })).status).toBe(200)
    await simulator.quiet()
    expect(simulator.statuses().some(({ status }) => status === 'failed')).toBe(false)
    expect((await simulator.send({ type: 'video', video: { id } })).status).toBe(200)
    await simulator.quiet()
    expect(simulator.statuses().at(-1)).toMatchObject({ status: 'failed', errors: [{ code: 131053 }] })
  })
})

describe('a file that a user sent', () => {
  it('has the hash, a URL that works at once, and lives 7 days', async () => {
    const simulator = await aSimulator()
    await simulator.control('POST', 'inbound', {
      from: '15550009876',
      type: 'image',
      image: { mime_type: 'image/png' },
      bytes: bytes.toString('base64'),
    })
    await simulator.quiet()
    const { image } = simulator.changes()[0]!.value.messages[0]
    expect(image).toMatchObject({ mime_type: 'image/png', sha256: createHash('sha256').update(bytes).digest('base64') })
    const file = await fetch(image.url, { headers: { authorization: `Bearer ${simulator.accessToken}` } })
    expect(Buffer.from(await file.arrayBuffer())).toEqual(bytes)
    await simulator.control('POST', 'clock', { advance_ms: 7 * dayMs })
    expect((await simulator.graph('GET', image.id)).status).toBe(400)
  })
})

describe('the sample of a template header', () => {
  it('is uploaded in two steps and becomes a handle', async () => {
    const simulator = await aSimulator()
    const session = await simulator.graph('POST', '100000000000009/uploads?file_length=15&file_type=image/jpeg')
    expect(session.body.id).toMatch(/^upload:/)
    const answer = await fetch(`${simulator.url}/v26.0/${session.body.id}`, {
      method: 'POST',
      headers: { authorization: `OAuth ${simulator.accessToken}`, file_offset: '0' },
      body: Uint8Array.from(bytes),
    })
    const { h: handle } = (await answer.json()) as { h: string }
    expect(handle).toMatch(/^4::/)
    const components = [
      { type: 'HEADER', format: 'IMAGE', example: { header_handle: [handle] } },
      { type: 'BODY', text: 'Hello there.' },
    ]
    const wanted = { name: 'with_image', language: 'en', category: 'MARKETING', components }
    expect((await simulator.graph('POST', `${simulator.wabaId}/message_templates`, wanted)).status).toBe(200)
  })
})
