/** Links as the cloud signs them: with a key that the store gives an identity of Entra ID, over HTTPS. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import https from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { startAzurite, type Azurite } from '../../../local/azurite/azurite.ts'
import { blobLinks } from '../../../shared/azure/blob-links.ts'
import { aCertificate } from '../../support/certificate.ts'

let folder: string
let azurite: Azurite
let container: ContainerClient
let service: BlobServiceClient
// Without connections of its own, the SDK takes the agent of the process.
const trusted = https.globalAgent.options
const caBefore = trusted.ca

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'herald-tls-'))
  const { cert, key } = aCertificate()
  const tls = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
  await Promise.all([writeFile(tls.cert, cert), writeFile(tls.key, key)])
  azurite = await startAzurite({ tls })
  trusted.ca = cert
  const identity = { getToken: () => Promise.resolve({ token: aToken(), expiresOnTimestamp: Date.now() + 3_600_000 }) }
  const url = `https://127.0.0.1:${azurite.ports.blob}/herald`
  service = new BlobServiceClient(url, identity, { keepAliveOptions: { enable: false } })
  container = service.getContainerClient('media')
  await container.create()
  for (const name of ['ours', 'another']) await container.getBlockBlobClient(name).upload(name, name.length)
})
afterAll(async () => {
  trusted.ca = caBefore
  await azurite.stop()
  await rm(folder, { recursive: true })
})

/** As Entra ID gives it to a managed identity; Azurite does not look at the signature. */
function aToken(): string {
  const seconds = Math.floor(Date.now() / 1000)
  const ids = { oid: '00000000-0000-4000-8000-000000000001', tid: '00000000-0000-4000-8000-000000000002' }
  const times = { iat: seconds - 60, nbf: seconds - 60, exp: seconds + 3_600 }
  const claims = { aud: 'https://storage.azure.com', iss: `https://sts.windows.net/${ids.tid}/`, ...ids, ...times }
  const encoded = [{ alg: 'RS256', typ: 'JWT' }, claims].map((part) =>
    Buffer.from(JSON.stringify(part)).toString('base64url'),
  )
  return `${encoded.join('.')}.c2lnbmF0dXJl`
}

function aLink(expiresAt = new Date(Date.now() + 60_000)): Promise<string> {
  const link = { now: new Date(), expiresAt, contentType: 'text/plain', fileName: 'note.txt' }
  return blobLinks(service)(container.getBlockBlobClient('ours'), link)
}

interface Answered {
  status: number | undefined
  disposition: string | undefined
  text: string
}

function ask(url: string, method = 'GET', body = ''): Promise<Answered> {
  return new Promise((resolve, reject) => {
    const headers = method === 'PUT' ? { 'x-ms-blob-type': 'BlockBlob', 'content-length': body.length } : {}
    const request = https.request(url, { method, headers }, (response) => {
      const chunks: Buffer[] = []
      response.on('data', (chunk: Buffer) => chunks.push(chunk))
      response.on('end', () => {
        const disposition = response.headers['content-disposition']
        resolve({ status: response.statusCode, disposition, text: Buffer.concat(chunks).toString('utf8') })
      })
    })
    request.on('error', reject)
    request.end(body)
  })
}

it('reads its one file, to be saved and not shown', async () => {
  const url = await aLink()
  expect(new URL(url).searchParams.get('skoid')).toBe('00000000-0000-4000-8000-000000000001')
  expect(await ask(url)).toEqual({
    status: 200,
    text: 'ours',
    disposition: expect.stringMatching(/^attachment;/) as string,
  })
})

it.each<[string, (url: string) => Promise<Answered>]>([
  ['another file', (url) => ask(url.replace('/media/ours?', '/media/another?'))],
  ['writing', (url) => ask(url, 'PUT', 'theirs')],
  ['deleting', (url) => ask(url, 'DELETE')],
  ['listing', (url) => ask(url.replace('/media/ours?', '/media?restype=container&comp=list&'))],
  ['a longer time', (url) => ask(url.replace(/se=[^&]*/, `se=${encodeURIComponent('2099-01-01T00:00:00Z')}`))],
  ['more rights', (url) => ask(url.replace('sp=r', 'sp=rwd'), 'DELETE')],
  ['another signature', (url) => ask(url.replace(/sig=[^&]*/, `sig=${encodeURIComponent('A'.repeat(43) + '=')}`))],
  ['showing it in a browser', (url) => ask(url.replace(/rscd=[^&]*/, 'rscd=inline'))],
])('is not good for %s', async (_name, attempt) => {
  const { status, text } = await attempt(await aLink())
  expect(status, text).toBe(403)
  expect((await container.getBlockBlobClient('ours').downloadToBuffer()).toString()).toBe('ours')
})

it('is over at its end', async () => {
  expect(await ask(await aLink(new Date(Date.now() - 1_000)))).toMatchObject({ status: 403 })
})

it('dies with its file', async () => {
  const url = await aLink()
  await container.getBlockBlobClient('ours').delete()
  expect(await ask(url)).toMatchObject({ status: 404 })
})
