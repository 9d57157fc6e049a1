/**
 * Answers that are made while they are sent. The Functions library writes whatever it is given without asking whether
 * the client keeps up, and leaves the connection open where the making fails. So the response it writes to is found
 * here: making waits for the client, and a failure in the middle breaks the connection, so that nobody takes half a file
 * for a whole one.
 */
import { subscribe } from 'node:diagnostics_channel'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { ReadableStream } from 'node:stream/web'
import type { Log } from '../shared/log.ts'

interface Exchange {
  request: IncomingMessage
  response: ServerResponse
}

/** Requests that this process is answering over HTTP. */
const underWay = new Set<Exchange>()

/** From now on; called once, before the library opens its server. */
export function watchResponses(): void {
  subscribe('http.server.request.start', (message) => {
    const { request, response } = message as Exchange // as Node.js documents this channel
    const exchange = { request, response }
    underWay.add(exchange)
    response.once('close', () => underWay.delete(exchange))
  })
}

/** The body for the library. `invocationId` is how it and the host name this request between them. */
export function streamedBody(
  content: AsyncIterable<Uint8Array>,
  invocationId: string,
  log: Log,
): ReadableStream<Uint8Array> {
  const response = responseOf(invocationId)
  const chunks = content[Symbol.asyncIterator]()
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        try {
          await untilTaken(response)
          const next = await chunks.next()
          if (next.done) controller.close()
          else controller.enqueue(next.value)
        } catch (error) {
          if (!(error instanceof ClientGone)) log.error('http.stream_failed', { error })
          await chunks.return?.()
          response?.destroy()
          controller.error(error)
        }
      },
      async cancel() {
        await chunks.return?.()
      },
    },
    { highWaterMark: 0 },
  )
}

class ClientGone extends Error {}

function responseOf(invocationId: string): ServerResponse | undefined {
  for (const { request, response } of underWay) {
    if (request.headers['x-ms-invocation-id'] === invocationId) return response
  }
  return undefined
}

/** Until what was written before has left for the client. */
async function untilTaken(response: ServerResponse | undefined): Promise<void> {
  if (!response) return
  if (response.writableNeedDrain && !response.destroyed) {
    const waiting = new AbortController()
    const events = ['drain', 'close'].map((event) => once(response, event, { signal: waiting.signal }))
    await Promise.race(events).finally(() => waiting.abort())
    await Promise.allSettled(events)
  }
  if (response.destroyed) throw new ClientGone('The client closed the connection')
}
