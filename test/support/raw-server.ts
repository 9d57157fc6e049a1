/** A TCP server that answers each request with exact bytes, or with nothing at all. */
import { createServer, type Socket } from 'node:net'
import type { AddressInfo } from 'node:net'

export interface RawServer {
  url: string
  /** What each connection has sent so far, as text. */
  requests: string[]
  close(): Promise<void>
}

/** `answer` gets the socket once a whole request has arrived. */
export async function aRawServer(answer: (socket: Socket) => void): Promise<RawServer> {
  const requests: string[] = []
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket)).on('error', () => undefined)
    let text = ''
    socket.on('data', (chunk) => {
      text += chunk.toString('latin1')
      const end = text.indexOf('\r\n\r\n')
      const length = Number(/content-length: (\d+)/i.exec(text)?.[1] ?? 0)
      if (end < 0 || text.length < end + 4 + length) return
      requests.push(text)
      text = ''
      answer(socket)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  return {
    // It listens on TCP.
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    async close() {
      const closed = new Promise((resolve) => server.close(resolve))
      for (const socket of sockets) socket.destroy()
      await closed
    },
  }
}

export function httpAnswer(status: number, body: string, type = 'application/json'): string {
  const length = Buffer.byteLength(body)
  return `HTTP/1.1 ${status} Words\r\ncontent-type: ${type}\r\ncontent-length: ${length}\r\n\r\n${body}`
}
