/** A customer's receiver: a real HTTP server that notes what comes and answers what the test says. */
import { createServer, type IncomingHttpHeaders, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface ReceivedPost {
  path: string
  headers: IncomingHttpHeaders
  body: string
}

export interface Receiver {
  url: string
  port: number
  received: ReceivedPost[]
  /** What is answered from now on: a status, or whatever the function makes of it. */
  answers(answer: number | ((response: ServerResponse) => void)): void
  close(): Promise<void>
}

export async function aReceiver({ host = '127.0.0.1', port = 0 } = {}): Promise<Receiver> {
  const received: ReceivedPost[] = []
  let answer: number | ((response: ServerResponse) => void) = 204
  const server = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      received.push({
        path: request.url ?? '',
        headers: request.headers,
        body: Buffer.concat(chunks).toString('utf8'),
      })
      if (typeof answer === 'function') answer(response)
      else response.writeHead(answer).end()
    })
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, host, resolve)
  })
  // It listens on TCP.
  const { port: taken } = server.address() as AddressInfo
  return {
    url: `http://${host}:${taken}/hooks`,
    port: taken,
    received,
    answers: (next) => void (answer = next),
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}
