import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ENDPOINTS } from '../../../functions/endpoints.ts'
import { docsPage } from '../../../shared/docs/page.ts'
import type { Answer } from '../../../shared/http/endpoint.ts'
import { handleRequest } from '../../../shared/http/handle.ts'
import { REPOSITORY } from '../../../local/stack/parts.ts'
import { aWorld, type World } from '../../support/world.ts'

let world: World
beforeAll(async () => {
  world = await aWorld()
})
afterAll(() => world.close())

function get(name: string, params: Record<string, string> = {}, options: { v?: string; tag?: string } = {}) {
  const endpoint = ENDPOINTS.find((candidate) => candidate.name === name)!
  const headers = new Headers(options.tag === undefined ? {} : { 'if-none-match': options.tag })
  const query = new URLSearchParams(options.v === undefined ? {} : { v: options.v })
  return handleRequest(
    endpoint,
    { method: 'GET', path: `/${endpoint.path}`, query, headers, params, body: null },
    world.deps,
  )
}

function header(answer: Answer, name: string): string {
  return answer.headers?.[name] ?? ''
}

describe('GET /openapi.json', () => {
  it('answers the document for the address that clients use, the same bytes every time', async () => {
    const first = await get('openapi')
    const { openapi, servers, info } = JSON.parse(first.text ?? '') as Record<string, unknown>
    expect([first.status, openapi]).toEqual([200, '3.1.0'])
    expect(servers).toMatchObject([{ url: world.deps.config.publicUrl }])
    expect(info).toMatchObject({ version: '0.1.0' })
    expect((await get('openapi')).text).toBe(first.text)
  })

  it('answers 304 to who has it already, through a proxy that made the tag a weak one too', async () => {
    const { headers = {} } = await get('openapi')
    for (const tag of [headers['etag'], `W/${headers['etag'] ?? ''}`, `"other", ${headers['etag'] ?? ''}`]) {
      const again = await get('openapi', {}, { tag: tag ?? '' })
      expect([again.status, again.text]).toEqual([304, undefined])
    }
    expect((await get('openapi', {}, { tag: '"other"' })).status).toBe(200)
  })
})

describe('GET /docs', () => {
  it('is a page that can load and call nothing but this server, and has no script inside itself', async () => {
    const { text = '', ...answer } = await get('docs')
    expect(header(answer, 'content-type')).toBe('text/html; charset=utf-8')
    expect(header(answer, 'content-security-policy')).toContain("default-src 'none'; script-src 'self';")
    expect(text).not.toMatch(/https?:|<script>|\son\w+=/)
  })

  it('names files that can be kept for ever, because their address changes with them', async () => {
    const { text = '' } = await get('docs')
    const files = [...text.matchAll(/\/docs\/([\w.-]+)\?v=(\w+)/g)]
    expect(files).toHaveLength(4)
    for (const [, asset = '', v = ''] of files) {
      const answer = await get('docs-asset', { asset }, { v })
      expect([answer.status, header(answer, 'cache-control')]).toEqual([200, 'public, max-age=31536000, immutable'])
      expect(header(await get('docs-asset', { asset }), 'cache-control')).toBe('no-cache')
      expect((await get('docs-asset', { asset }, { tag: header(answer, 'etag') })).status).toBe(304)
    }
  })

  it('finds its files behind something that adds to the path', async () => {
    expect(await docsPage('/herald')).toContain('src="/herald/docs/start.js?v=')
  })

  it('answers pictures byte for byte', async () => {
    const file = join(REPOSITORY, 'node_modules/swagger-ui-dist/favicon-32x32.png')
    const answer = await get('docs-asset', { asset: 'favicon-32x32.png' })
    expect(header(answer, 'content-type')).toBe('image/png')
    expect(Buffer.from(answer.bytes ?? []).equals(readFileSync(file))).toBe(true)
  })

  it('has no other file, whatever it is called', async () => {
    for (const asset of ['package.json', '../package.json', '..%2fpackage.json', '/etc/passwd', 'constructor', '']) {
      expect((await get('docs-asset', { asset })).status, asset).toBe(404)
    }
  })
})
