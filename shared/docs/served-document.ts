/** The API document as it goes over the wire: built at the first call, then the same bytes until the process ends. */
import { createHash } from 'node:crypto'
import type { Deps } from '../deps.ts'
import type { Endpoint } from '../http/endpoint.ts'
import manifest from '../../package.json' with { type: 'json' }

export interface ServedDocument {
  text: string
  etag: string
}

export function servedDocument(
  endpoints: () => readonly Endpoint[],
): (deps: Pick<Deps, 'config'>) => Promise<ServedDocument> {
  let built: { publicUrl: string; served: Promise<ServedDocument> } | undefined
  return ({ config: { publicUrl } }) => {
    if (built?.publicUrl !== publicUrl) built = { publicUrl, served: build(endpoints(), publicUrl) }
    return built.served
  }
}

async function build(endpoints: readonly Endpoint[], publicUrl: string): Promise<ServedDocument> {
  // Nothing else needs what builds it: a cold start does not load it.
  const { buildDocument } = await import('../openapi/document.ts')
  const text = JSON.stringify(buildDocument(endpoints, { publicUrl, version: manifest.version }))
  return { text, etag: etagOf(text) }
}

export function etagOf(content: string | Uint8Array): string {
  return `"${createHash('sha256').update(content).digest('hex').slice(0, 16)}"`
}

/** Whether a client that sends `If-None-Match` has this version already. */
export function isKnown(etag: string, ifNoneMatch: string | null): boolean {
  // Proxies that compress an answer make its tag a weak one.
  const known = (ifNoneMatch ?? '').split(',').map((tag) => tag.trim().replace(/^W\//, ''))
  return known.includes(etag) || known.includes('*')
}
