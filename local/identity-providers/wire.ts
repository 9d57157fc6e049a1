/** Requests and answers of the stand-ins. */
import { createHash } from 'node:crypto'
import type { IncomingMessage } from 'node:http'

export interface Call {
  method: string
  path: string
  query: URLSearchParams
  headers: IncomingMessage['headers']
  /** Fields of a form or of a JSON object. */
  fields: Record<string, string>
}

export interface Answer {
  status: number
  body?: unknown
  location?: string
}

export async function readCall(request: IncomingMessage): Promise<Call> {
  const url = new URL(request.url ?? '/', 'http://stand-in')
  const chunks: Buffer[] = []
  // Chunks of a request without an encoding are buffers.
  for await (const chunk of request) chunks.push(chunk as Buffer)
  const text = Buffer.concat(chunks).toString('utf8')
  return {
    method: request.method ?? 'GET',
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    fields: fieldsOf(request.headers['content-type'] ?? '', text),
  }
}

function fieldsOf(type: string, text: string): Record<string, string> {
  if (type.startsWith('application/x-www-form-urlencoded')) return Object.fromEntries(new URLSearchParams(text))
  // The stand-ins read texts only, and compare what they read.
  return text === '' ? {} : (JSON.parse(text) as Record<string, string>)
}

/** Sends the browser back to the application. */
export function backTo(redirectUri: string, query: Record<string, string>): Answer {
  const url = new URL(redirectUri)
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
  return { status: 302, location: url.href }
}

/** PKCE, as both providers check it. */
export function verifierFits(challenge: string, verifier: string | undefined): boolean {
  return verifier !== undefined && createHash('sha256').update(verifier).digest('base64url') === challenge
}
