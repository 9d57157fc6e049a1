/** Requests and answers, as small as the hot path wants them. */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { parseObject } from './json.ts'
import type { Json } from './json.ts'

export type Call = {
  method: string
  /** Without query and without version. */
  path: string
  query: URLSearchParams
  headers: IncomingMessage['headers']
  body: Buffer
  /** JSON or form fields; undefined where the body is neither. */
  fields: Json | undefined
}

export type Answer = {
  status: number
  body?: unknown
  bytes?: Buffer
  headers?: Record<string, string>
  /** Lines of NDJSON, written as the reader takes them. */
  lines?: Iterable<unknown>
}

export async function readCall(request: IncomingMessage): Promise<Call> {
  const url = request.url ?? '/'
  const mark = url.indexOf('?')
  const path = mark < 0 ? url : url.slice(0, mark)
  const method = request.method ?? 'GET'
  const body = method === 'GET' ? Buffer.alloc(0) : await readBody(request)
  return {
    method,
    path: path.replace(/^\/v\d+\.\d+(?=\/)/, ''),
    query: new URLSearchParams(mark < 0 ? '' : url.slice(mark + 1)),
    headers: request.headers,
    body,
    fields: fieldsOf(request.headers['content-type'] ?? '', body),
  }
}

export async function writeAnswer(response: ServerResponse, answer: Answer): Promise<void> {
  if (answer.lines) {
    await writeLines(response, answer.lines)
    return
  }
  const bytes = answer.bytes ?? Buffer.from(JSON.stringify(answer.body ?? {}))
  response.writeHead(answer.status, {
    'content-type': 'application/json; charset=UTF-8',
    'facebook-api-version': 'v26.0',
    ...answer.headers,
    'content-length': bytes.length,
  })
  response.end(bytes)
}

function readBody(request: IncomingMessage): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => resolve(chunks.length === 1 && chunks[0] ? chunks[0] : Buffer.concat(chunks)))
    request.on('error', reject)
  })
}

function fieldsOf(contentType: string, body: Buffer): Json | undefined {
  if (body.length === 0) return {}
  if (contentType.startsWith('application/x-www-form-urlencoded')) {
    return Object.fromEntries(new URLSearchParams(body.toString('utf8')))
  }
  if (contentType.startsWith('multipart/') || contentType.startsWith('application/octet-stream')) return {}
  return parseObject(body.toString('utf8'))
}

async function writeLines(response: ServerResponse, lines: Iterable<unknown>): Promise<void> {
  response.writeHead(200, { 'content-type': 'application/x-ndjson; charset=UTF-8' })
  let chunk = ''
  for (const line of lines) {
    chunk += `${JSON.stringify(line)}\n`
    if (chunk.length < 65_536) continue
    if (!response.write(chunk)) await drained(response)
    chunk = ''
    if (response.destroyed) return
  }
  response.end(chunk)
}

function drained(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const end = (): void => {
      response.off('drain', end)
      response.off('close', end)
      resolve()
    }
    response.on('drain', end)
    response.on('close', end)
  })
}
