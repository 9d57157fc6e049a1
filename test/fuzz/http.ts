/** Takes requests to a running Herald, over HTTP as any client's. */
import { Agent, request as httpRequest, type IncomingMessage } from 'node:http'
import { once } from 'node:events'
import { encoded } from '../support/every-endpoint.ts'
import type { Send } from './fuzz.ts'
import type { FuzzRequest } from './requests.ts'

export function overHttp(url: string, connections: number): { send: Send; close(): void } {
  const agent = new Agent({ keepAlive: true, maxSockets: connections })
  return {
    async send(request, headers) {
      const { content, type } = encoded(request)
      const outgoing = httpRequest(`${url}${addressOf(request)}`, {
        agent,
        method: request.operation.endpoint.method,
        headers: {
          ...type,
          ...headers,
          ...(content === undefined ? {} : { 'content-length': Buffer.byteLength(content) }),
        },
      })
      outgoing.end(content)
      const [answer] = (await once(outgoing, 'response')) as [IncomingMessage]
      const chunks: Buffer[] = []
      for await (const chunk of answer) chunks.push(chunk as Buffer)
      return {
        status: answer.statusCode ?? 0,
        headers: Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name, String(value)])),
        text: Buffer.concat(chunks).toString('utf8'),
      }
    },
    close: () => agent.destroy(),
  }
}

function addressOf({ operation, params, query }: FuzzRequest): string {
  const path = operation.endpoint.path.replace(/\{(\w+)\}/g, (_match, name: string) =>
    encodeURIComponent(params[name] ?? ''),
  )
  const search = new URLSearchParams(query).toString()
  return `/${path}${search === '' ? '' : `?${search}`}`
}
