import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { fieldText, formStream } from '../../../shared/http/form-stream.ts'
import { GATHERED_BYTES } from '../../../shared/http/gather.ts'
import { aRequest } from '../../support/edge.ts'
import { aForm, FORM_HEADERS } from '../../support/media-samples.ts'
import { inChunks } from '../../support/webhooks.ts'

async function partsOf(body: Buffer, chunkBytes = 7, headers: Record<string, string> = FORM_HEADERS, limit = 1e6) {
  const request = { ...aRequest({ headers, body: '' }), body: inChunks(body, chunkBytes) }
  const parts: { name: string; filename: string | undefined; type: string; content: Buffer }[] = []
  for await (const { content, ...part } of formStream(request, limit)) {
    parts.push({ ...part, content: Buffer.concat(await Array.fromAsync(content)) })
  }
  return parts
}

describe('a streamed form', () => {
  it('is the same in chunks of any size, whatever bytes are in it', async () => {
    const nearly = fc.constantFrom('\r\n', '--', '\r\n--', '\r\n--a-boundary-of-a-tes', '-', '\r')
    const content = fc
      .array(fc.oneof(nearly, fc.string()), { maxLength: 8 })
      .map((texts) => Buffer.from(texts.join('')))
      // Whatever has the whole boundary in it is two parts.
      .filter((bytes) => !bytes.includes('--a-boundary-of-a-test'))
    const part = fc.record({ name: fc.constantFrom('a', 'file'), content, filename: fc.constantFrom('x.txt', '') })
    const property = fc.asyncProperty(
      fc.array(part, { maxLength: 4 }),
      // The form is looked at in pieces of so many bytes, whatever chunks it comes in: one of them ends somewhere in it.
      fc.integer({ min: 1, max: 500 }),
      async (parts, bytes) => {
        const preamble = Buffer.alloc(GATHERED_BYTES - bytes, 'x')
        const body = Buffer.concat([preamble, Buffer.from('\r\n'), aForm(parts)])
        expect(await partsOf(body, 2000)).toEqual(parts.map((field) => ({ ...field, type: '' })))
      },
    )
    await fc.assert(property, { numRuns: 200 })
  })

  it('may have a preamble, spaces behind a boundary, and parts that nobody reads', async () => {
    const body = Buffer.concat([
      Buffer.from('preamble\r\n'),
      aForm([
        { name: 'a', content: 'x'.repeat(500) },
        { name: 'b', content: 'y' },
      ]),
    ])
    const names: string[] = []
    for await (const part of formStream({ ...aRequest({ headers: FORM_HEADERS }), body: inChunks(body, 50) }, 1e6)) {
      if (part.name === 'b') names.push(await fieldText(part, 10))
    }
    expect(names).toEqual(['y'])
  })

  it('may have file names that some clients encode, and types with parameters', async () => {
    const disposition = `Content-Disposition: form-data; name="file"; filename*=UTF-8''%D1%84.txt`
    const body = `--b\r\n${disposition}\r\nContent-Type: Text/Plain; charset=x\r\n\r\n1\r\n--b--`
    const headers = { 'content-type': 'multipart/form-data; boundary="b"' }
    expect(await partsOf(Buffer.from(body), 5, headers)).toMatchObject([{ filename: 'ф.txt', type: 'text/plain' }])
    await expect(partsOf(Buffer.from(body.replace('%D1%84', '%D1')), 5, headers)).rejects.toMatchObject({
      code: 'invalid_request',
    })
  })

  it('is refused beyond its limit, and with parts or headers without end', async () => {
    const form = aForm([{ name: 'a', content: 'x'.repeat(5000) }])
    await expect(partsOf(form, 100, FORM_HEADERS, 4000)).rejects.toMatchObject({ code: 'payload_too_large' })
    const many = aForm(Array.from({ length: 101 }, () => ({ name: 'a', content: '' })))
    await expect(partsOf(many, 1000)).rejects.toMatchObject({ code: 'invalid_request' })
    const long = Buffer.from(`--b\r\nX: ${'y'.repeat(20_000)}`)
    await expect(partsOf(long, 1000, { 'content-type': 'multipart/form-data; boundary=b' })).rejects.toThrow(
      /longer than/,
    )
  })

  it('that breaks off is the sender’s mistake, not ours', async () => {
    const request = aRequest({ headers: FORM_HEADERS })
    // eslint-disable-next-line @typescript-eslint/require-await -- a body comes asynchronously
    const body = (async function* () {
      yield Buffer.from('--a-boundary')
      throw new Error('aborted')
    })()
    const reading = Array.fromAsync(formStream({ ...request, body }, 1000))
    await expect(reading).rejects.toMatchObject({ code: 'invalid_request' })
  })
})
