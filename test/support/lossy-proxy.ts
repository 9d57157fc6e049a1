/** Stands between a client and an HTTP server and, when told to, breaks the connection instead of handing an answer on. */
import { createServer, request as sendRequest } from 'node:http'
import type { AddressInfo } from 'node:net'

export interface LossyProxy {
  port: number
  /** The next `count` answers to requests with this method are lost, after the server did its work. */
  loseAnswers(method: string, count: number): void
  /** Requests handed on, as `METHOD path`. */
  seen: string[]
  /** What came with each of them, in the same order. */
  bodies: Buffer[]
  close(): Promise<void>
}

export async function aLossyProxy(target: { port: number }): Promise<LossyProxy> {
  const seen: string[] = []
  const bodies: Buffer[] = []
  const losses = new Map<string, number>()
  const server = createServer((request, response) => {
    const { method = 'GET', url: path = '/', headers } = request
    const index = seen.push(`${method} ${path}`) - 1
    bodies[index] = Buffer.alloc(0)
    request.on('data', (chunk: Buffer) => (bodies[index] = Buffer.concat([bodies[index] ?? Buffer.alloc(0), chunk])))
    const onward = sendRequest({ host: '127.0.0.1', port: target.port, method, path, headers }, (answer) => {
      const left = losses.get(method) ?? 0
      if (left > 0) {
        losses.set(method, left - 1)
        answer.resume().on('end', () => request.socket.destroy())
        return
      }
      response.writeHead(answer.statusCode ?? 500, answer.headers)
      answer.pipe(response)
    })
    onward.on('error', () => request.socket.destroy())
    request.pipe(onward)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    // It listens on TCP.
    port: (server.address() as AddressInfo).port,
    loseAnswers: (method, count) => void losses.set(method, count),
    seen,
    bodies,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await closed
    },
  }
}
