/** Nobody makes us handle a body byte by byte. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { gathered, GATHERED_BYTES } from '../../../shared/http/gather.ts'
import { readBytes } from '../../../shared/http/request.ts'
import { aRequest } from '../../support/edge.ts'
import { inChunks } from '../../support/webhooks.ts'

describe('a gathered body', () => {
  it('has the same bytes in the same order, in chunks worth handling', async () => {
    const sizes = fc.array(fc.integer({ min: 0, max: 3 * GATHERED_BYTES }), { maxLength: 8 })
    await fc.assert(
      fc.asyncProperty(sizes, async (lengths) => {
        const chunks = lengths.map((length, index) => Buffer.alloc(length, index + 1))
        const given = await Array.fromAsync(gathered(comingIn(chunks)))
        expect(Buffer.concat(given).equals(Buffer.concat(chunks))).toBe(true)
        expect(given.slice(0, -1).every(({ byteLength }) => byteLength >= GATHERED_BYTES)).toBe(true)
      }),
      { numRuns: 50 },
    )
  })

  it('never changes a chunk that it gave out', async () => {
    const body = Buffer.from(Array.from({ length: 3 * GATHERED_BYTES }, (_byte, index) => index % 251))
    const given = await Array.fromAsync(gathered(inChunks(body, 1)))
    expect(given).toHaveLength(3)
    expect(Buffer.concat(given).equals(body)).toBe(true)
  })

  it('is what a body is read from', async () => {
    const body = Buffer.alloc(200_000, 'a')
    const read = await readBytes({ ...aRequest({ headers: {} }), body: inChunks(body, 1) }, body.length)
    expect(read.equals(body)).toBe(true)
  })
})

// eslint-disable-next-line @typescript-eslint/require-await -- a body comes asynchronously
async function* comingIn(chunks: Uint8Array[]): AsyncGenerator<Uint8Array> {
  yield* chunks
}
