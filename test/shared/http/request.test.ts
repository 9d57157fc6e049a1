import { describe, expect, it } from 'vitest'
import fc from 'fast-check'
import { GATHERED_BYTES } from '../../../shared/http/gather.ts'
import { JSON_LIMIT_BYTES, readBytes, readJson } from '../../../shared/http/request.ts'
import { aRequest, type RequestParts } from '../../support/edge.ts'
import { inChunks } from '../../support/webhooks.ts'

async function problemOf(parts: RequestParts): Promise<unknown> {
  return readJson(aRequest(parts)).then(
    () => 'none',
    (error: unknown) => error,
  )
}

describe('a JSON body', () => {
  it.each(['application/json', 'application/json; charset=utf-8', 'APPLICATION/JSON', 'application/vnd.api+json'])(
    'may come as %s',
    async (type) => {
      expect(await readJson(aRequest({ body: '{"a":1}', headers: { 'content-type': type } }))).toEqual({ a: 1 })
    },
  )

  it('may come without a content type', async () => {
    const request = aRequest({ body: '[1]' })
    expect(await readJson({ ...request, headers: new Headers() })).toEqual([1])
  })

  it.each(['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'text/json', 'json'])(
    'is refused as %s with 415',
    async (type) => {
      const error = await problemOf({ body: '{}', headers: { 'content-type': type } })
      expect(error).toMatchObject({ status: 415, code: 'unsupported_media_type' })
    },
  )

  it.each(['', ' ', '\n\t'])('that is empty (%j) is a missing body', async (body) => {
    expect(await problemOf({ body })).toMatchObject({
      status: 422,
      problems: [{ loc: ['body'], msg: 'Field required', type: 'missing' }],
    })
    expect(await problemOf({})).toMatchObject({ problems: [{ loc: ['body'], type: 'missing' }] })
  })

  it.each(['', ' ', '\n\t'])('that is optional may be empty (%j), whatever its type is called', async (body) => {
    for (const type of ['application/json', 'application/x-www-form-urlencoded']) {
      const request = aRequest({ body, headers: { 'content-type': type } })
      expect(await readJson(request, { optional: true })).toBeUndefined()
    }
  })

  it('that is optional is read as any other where there is one', async () => {
    expect(await readJson(aRequest({ body: '{"a":1}' }), { optional: true })).toEqual({ a: 1 })
    const form = aRequest({ body: 'a=1', headers: { 'content-type': 'application/x-www-form-urlencoded' } })
    await expect(readJson(form, { optional: true })).rejects.toMatchObject({ status: 415 })
  })

  const long = 'b'.repeat(60)
  it.each([
    ['x', 0],
    ['{', 1],
    ['{"a":', 5],
    ['{"a": x}', 6],
    ['{"a" 1}', 5],
    ['[1,]', 3],
    ['[1 2]', 3],
    ['{"a":1}}', 7],
    ['"abc', 4],
    ['nul', 3],
    ['nulx', 3],
    ['{a: 1}', 1],
    ["{'a': 1}", 1],
    ['-', 1],
    [`{"a":"${long}", "x": oops}`, 74],
    [`{"a": [${'1,'.repeat(30)}oops]}`, 67],
    ['<html></html>', 0],
  ])('that is malformed (%s) is told where: at %d', async (body, position) => {
    expect(await problemOf({ body })).toMatchObject({
      status: 422,
      problems: [{ loc: ['body', position], msg: 'JSON decode error', type: 'json_invalid' }],
    })
  })

  it('that is malformed is told a position inside it, whatever it is', async () => {
    await fc.assert(
      fc.asyncProperty(fc.json(), fc.nat(), fc.constantFrom('', 'x', '}', '"', ',', '\\'), async (json, at, odd) => {
        const cut = at % (json.length + 1)
        const body = json.slice(0, cut) + odd
        const error = await problemOf({ body })
        if (error === 'none' || body.trim() === '') return
        const position = (error as { problems: { loc: [string, number] }[] }).problems[0]!.loc[1]
        expect(position).toBeGreaterThanOrEqual(0)
        expect(position).toBeLessThanOrEqual(body.length)
      }),
    )
  })

  it('that is no UTF-8 is refused instead of stored as other characters', async () => {
    const body = Buffer.from('7b2261223a22ff227d', 'hex')
    expect(await problemOf({ body })).toMatchObject({ problems: [{ loc: ['body'], type: 'json_invalid' }] })
    expect(await readJson(aRequest({ body: Buffer.from('\ufeff{"a":"é"}') }))).toEqual({ a: 'é' })
  })

  it('that is large and malformed is answered in a moment', async () => {
    const body = `{"a": "${'b'.repeat(JSON_LIMIT_BYTES - 100)}", x`
    const started = performance.now()
    expect(await problemOf({ body })).toMatchObject({ status: 422 })
    expect(performance.now() - started).toBeLessThan(1_000)
  })
})

describe('the size of a body', () => {
  const limit = 1_000
  it('may be up to the limit', async () => {
    const bytes = Buffer.alloc(limit, 7)
    const headers = { 'content-length': String(limit) }
    expect(await readBytes(aRequest({ body: bytes, headers }), limit)).toEqual(bytes)
  })

  it('beyond the limit is refused before reading, where it is declared', async () => {
    let isRead = false
    const body = {
      // eslint-disable-next-line @typescript-eslint/require-await
      async *[Symbol.asyncIterator]() {
        isRead = true
        yield new Uint8Array(1)
      },
    }
    const headers = new Headers({ 'content-length': String(limit + 1) })
    const reading = readBytes({ ...aRequest(), headers, body }, limit)
    await expect(reading).rejects.toMatchObject({ status: 413, code: 'payload_too_large' })
    expect(isRead).toBe(false)
  })

  it.each([null, '5', 'many', '-1'])(
    'beyond the limit is refused as soon as it shows, declared as %s',
    async (declared) => {
      let taken = 0
      async function* body(): AsyncGenerator<Uint8Array> {
        for await (const chunk of inChunks(Buffer.alloc(limit * 100), 100)) {
          taken += chunk.length
          yield chunk
        }
      }
      const headers = new Headers(declared === null ? {} : { 'content-length': declared })
      await expect(readBytes({ ...aRequest(), headers, body: body() }, limit)).rejects.toMatchObject({ status: 413 })
      expect(taken).toBeLessThanOrEqual(limit + GATHERED_BYTES + 100)
    },
  )

  it('of JSON is at most a megabyte', async () => {
    const error = await problemOf({ body: `"${'x'.repeat(JSON_LIMIT_BYTES)}"` })
    expect(error).toMatchObject({ status: 413, message: 'The body is larger than 1 MB' })
  })
})
