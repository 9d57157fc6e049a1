/** GET /openapi.json */
import { isKnown, servedDocument } from '../../shared/docs/served-document.ts'
import { endpoint, type Endpoint } from '../../shared/http/endpoint.ts'

/** `endpoints` is asked at the first call, when the list that this endpoint is part of is complete. */
export function openapiEndpoint(endpoints: () => readonly Endpoint[]): Endpoint {
  const served = servedDocument(endpoints)
  return endpoint({
    name: 'openapi',
    summary: 'This document',
    method: 'GET',
    path: 'openapi.json',
    allow: 'anyone',
    responses: { 200: null, 304: null },
    document: { contentTypes: { 200: 'application/json' } },
    async handle({ request }, deps) {
      const { text, etag } = await served(deps)
      const headers = { etag, 'cache-control': 'public, max-age=60' }
      if (isKnown(etag, request.headers.get('if-none-match'))) return { status: 304, headers }
      return { status: 200, text, headers: { ...headers, 'content-type': 'application/json' } }
    },
  })
}
