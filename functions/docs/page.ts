/** GET /docs and the files of that page. */
import * as z from 'zod'
import { findAsset } from '../../shared/docs/assets.ts'
import { docsPage, PAGE_HEADERS, versionOf } from '../../shared/docs/page.ts'
import { isKnown } from '../../shared/docs/served-document.ts'
import { AppError } from '../../shared/errors.ts'
import { endpoint } from '../../shared/http/endpoint.ts'

export const docsEndpoint = endpoint({
  name: 'docs',
  summary: 'A page to read this document and to try it',
  method: 'GET',
  path: 'docs',
  allow: 'anyone',
  responses: { 200: null },
  document: { contentTypes: { 200: 'text/html' } },
  async handle(_call, { config }) {
    const text = await docsPage(new URL(config.publicUrl).pathname.replace(/\/$/, ''))
    return { status: 200, text, headers: PAGE_HEADERS }
  },
})

export const docsAssetEndpoint = endpoint({
  name: 'docs-asset',
  summary: 'A script, style sheet or picture of the page',
  method: 'GET',
  path: 'docs/{asset}',
  allow: 'anyone',
  params: z.object({ asset: z.string().meta({ description: 'Name of the file', example: 'swagger-ui.css' }) }),
  responses: { 200: null, 304: null },
  document: { contentTypes: { 200: 'application/octet-stream' } },
  errors: ['not_found'],
  async handle({ params, request }) {
    const asset = await findAsset(params.asset)
    if (!asset) throw new AppError('not_found', 'There is no such path')
    const { bytes, contentType, etag } = asset
    // The address that the page gives names the content: it can be kept for ever. Any other is asked for again.
    const isPinned = request.query.get('v') === versionOf(etag)
    const headers = {
      etag,
      'cache-control': isPinned ? 'public, max-age=31536000, immutable' : 'no-cache',
      'x-content-type-options': 'nosniff',
    }
    if (isKnown(etag, request.headers.get('if-none-match'))) return { status: 304, headers }
    return { status: 200, bytes, headers: { ...headers, 'content-type': contentType } }
  },
})
