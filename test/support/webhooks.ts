/** Webhook bodies of the test's own, and the sample bodies of the platform's documentation. */
import { createHmac } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import type { IncomingRequest } from '../../shared/http/request.ts'

const FOLDER = new URL('../fixtures/webhooks/', import.meta.url)

export interface Body {
  object: string
  entry: { id?: string; time?: number; changes: { field: string; value: Record<string, unknown> }[] }[]
}

/** The text of a sample. */
export function sampleText(name: string): string {
  return readFileSync(new URL(name, FOLDER), 'utf8')
}

export function sample(name: string): Body {
  return JSON.parse(sampleText(`${name}.json`)) as Body // the samples are webhook bodies
}

/** Names of the samples that begin so; without the signature's own files. */
export function sampleNames(prefix = ''): string[] {
  return readdirSync(FOLDER)
    .filter((name) => name.endsWith('.json') && name.startsWith(prefix) && !name.startsWith('signature'))
    .map((name) => name.slice(0, -'.json'.length))
    .sort()
}

export function signatureOf(body: string | Uint8Array, secret: string): string {
  return `sha256=${createHmac('sha256', secret).update(body).digest('hex')}`
}

/** A POST to /webhook; `signature` null leaves the header out. */
export function aPost(body: string | Uint8Array, signature: string | null, chunkBytes = 1024): IncomingRequest {
  const bytes = Buffer.from(body)
  const headers = new Headers({ 'content-type': 'application/json' })
  if (signature !== null) headers.set('x-hub-signature-256', signature)
  return {
    method: 'POST',
    path: '/webhook',
    query: new URLSearchParams(),
    headers,
    params: {},
    body: inChunks(bytes, chunkBytes),
  }
}

export async function* inChunks(bytes: Buffer, chunkBytes: number): AsyncGenerator<Uint8Array> {
  for (let at = 0; at < bytes.length; at += chunkBytes) {
    await Promise.resolve()
    yield bytes.subarray(at, at + chunkBytes)
  }
}
