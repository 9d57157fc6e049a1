import { once } from 'node:events'
import { createServer, get, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest'
import { streamedBody, watchResponses } from '../../functions/streaming.ts'
import { createLog } from '../../shared/log.ts'

const CHUNK = Buffer.alloc(64 * 1024, 0x61)

interface Making {
  made: number
  ended: boolean
}

/** Chunks without an end, or with an error at its place. */
async function* chunks(making: Making, failAt = Infinity): AsyncGenerator<Uint8Array> {
  try {
    for (;;) {
      await Promise.resolve()
      if (making.made === failAt) throw new Error('the store is away')
      making.made++
      yield CHUNK
    }
  } finally {
    making.ended = true
  }
}

let server: Server
let url: string
let making: Making
let failAt: number
const lines: string[] = []
beforeAll(async () => {
  watchResponses()
  server = createServer((request, response) => void answer(request, response))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  url = `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`
})
afterAll(() => {
  server.closeAllConnections()
  server.close()
})

/** As the Functions library does it: everything there is, without waiting, and nothing where it fails. */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const log = createLog((line) => lines.push(line))
  const body = streamedBody(chunks(making, failAt), String(request.headers['x-ms-invocation-id']), log)
  try {
    for await (const chunk of body) response.write(chunk)
    response.end()
  } catch {
    // It leaves the connection as it is.
  }
}

async function ask(at: number): Promise<IncomingMessage> {
  making = { made: 0, ended: false }
  failAt = at
  const request = get(url, { headers: { 'x-ms-invocation-id': `call-${at}` } })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  return response
}

describe('an answer that is made while it is sent', () => {
  it('waits for a client that reads slowly, and stops when it is gone', async () => {
    const response = await ask(Infinity)
    let before = -1
    await vi.waitFor(
      () => {
        const last = before
        before = making.made
        expect(making.made).toBe(last)
      },
      { interval: 200, timeout: 30_000 },
    )
    // What the two sockets hold, and no more.
    expect((making.made * CHUNK.length) / 1e6).toBeLessThan(32)
    response.resume()
    await vi.waitFor(() => expect(making.made).toBeGreaterThan(before + 500), { timeout: 30_000 })
    response.destroy()
    await vi.waitFor(() => expect(making.ended).toBe(true), { timeout: 30_000 })
    expect(lines).toEqual([])
  })

  it('breaks the connection where the making fails, and says so in the log', async () => {
    const response = await ask(20)
    await expect(Array.fromAsync(response)).rejects.toMatchObject({ code: 'ECONNRESET' })
    expect(making).toEqual({ made: 20, ended: true })
    expect(lines.join()).toContain('the store is away')
  })
})
