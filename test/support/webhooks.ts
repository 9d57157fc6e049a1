/** Webhook bodies of the test's own, and the sample bodies of the platform's documentation. */
import { createHmac } from 'node:crypto'
import { readFileSync, readdirSync } from 'node:fs'
import { blobService } from '../../shared/azure/storage.ts'
import type { IncomingRequest } from '../../shared/http/request.ts'
import type { Change } from '../../shared/webhooks/split.ts'
import type { World } from './world.ts'

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

/** The changes that the work kept for inspection. */
export async function parkedBy({ config, deps }: World, work: () => Promise<unknown>): Promise<Change[]> {
  const names = async () => {
    const all = []
    const container = blobService(config).getContainerClient('webhook-parked')
    for await (const { name } of container.listBlobsFlat()) all.push(name)
    return all
  }
  const before = await names()
  await work()
  const added = (await names()).filter((name) => !before.includes(name))
  const bodies = await Promise.all(added.map((name) => deps.blobs.get('webhook-parked', name)))
  // Written by `park` from changes.
  return bodies.flatMap((body) => JSON.parse(body.toString('utf8')) as Change[])
}
