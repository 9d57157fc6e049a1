/** Files that people send: fetched from Meta while it has them, and kept whatever they are. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { mediaStore } from '../../../shared/media/store.ts'
import { fetchMedia } from '../../../shared/messages/fetch-media.ts'
import { listConversations } from '../../../shared/messages/list-conversations.ts'
import { messageDetail } from '../../../shared/messages/message-detail.ts'
import { readConversation } from '../../../shared/messages/read-conversation.ts'
import { applyMessages } from '../../../shared/webhooks/apply-messages.ts'
import { aPng } from '../../support/media-samples.ts'
import { aMessageWorld, inbound, type MessageWorld } from '../../support/message-world.ts'

let w: MessageWorld
beforeAll(async () => {
  w = await aMessageWorld()
})
afterAll(() => w.close())

/** Meta counts in seconds. */
const START = Math.floor(Date.now() / 1000) * 1000 - 3_600_000
const at = (seconds: number) => new Date(START + seconds * 1000)

async function apply(...changes: ReturnType<typeof inbound>[]): Promise<void> {
  await applyMessages(w.deps, { received_at: new Date().toISOString(), changes })
}

async function messagesFrom(person: string) {
  const { conversations } = await listConversations(w.deps, w.workspaceId, { limit: 1, search: person.slice(1) })
  const page = await readConversation(w.deps, w.workspaceId, conversations[0]!.id, { limit: 50 })
  return page.messages.map(messageDetail)
}

/** A person sends a file; what is queued to fetch it. */
async function aFileFrom(person: string, message: Record<string, unknown> = {}) {
  const image = { id: '404', mime_type: 'image/png' }
  w.taken('inbound-media')
  await apply(inbound(w, person, at(4), { type: 'image', image, text: undefined, ...message }))
  const [entry] = w.taken('inbound-media')
  return entry!
}

async function mediaFrom(person: string) {
  return (await messagesFrom(person))[0]?.media
}

describe('a file', () => {
  it('that cannot be had now is tried again within Meta’s seven days, and then given up', async () => {
    const person = w.aStranger()
    const entry = await aFileFrom(person)
    const call = () => Promise.resolve({ kind: 'not_sent' as const, reason: 'ECONNREFUSED' })
    const deps = { ...w.deps, graph: { ...w.deps.graph, call } }
    let waited = 0
    for (let tries = 1; ; tries++) {
      await fetchMedia(deps, entry)
      const [next] = w.queued.filter(({ queue }) => queue === 'inbound-media')
      w.taken('inbound-media')
      if (!next) break
      expect(next.message).toEqual(entry)
      expect(next.delaySeconds).toBe(60 * 2 ** (tries - 1))
      waited += next.delaySeconds
      expect(await mediaFrom(person)).toMatchObject({ state: 'waiting', media_id: null })
    }
    expect(waited / 3600).toBeGreaterThan(12)
    expect(waited / 86_400).toBeLessThan(6)
    expect(await mediaFrom(person)).toMatchObject({ state: 'failed', problem: expect.any(String) as string })
  })

  it('that breaks off on its way waits for another try, as long as Meta has it', async () => {
    const person = w.aStranger()
    const server = createServer((_request, response) => {
      response.writeHead(200, { 'content-length': '100000' })
      response.write(aPng(), () => response.destroy())
    })
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as AddressInfo // of TCP
    const entry = await aFileFrom(person)
    const call = () => Promise.resolve({ kind: 'ok' as const, body: { url: `http://127.0.0.1:${port}/file` } })
    await fetchMedia({ ...w.deps, graph: { ...w.deps.graph, call } }, entry)
    server.close()
    expect(await mediaFrom(person)).toMatchObject({
      state: 'waiting',
      problem: expect.stringContaining('broke off') as string,
    })
    expect(w.taken('inbound-media')).toEqual([entry])
  })

  it.each([
    ['a sticker', { type: 'sticker', sticker: { mime_type: 'image/webp' } }, 'image/webp'],
    ['a program', { type: 'document', document: { filename: 'setup.exe' } }, 'application/octet-stream'],
    ['a picture under a wrong name', { type: 'document', document: { filename: 'a.docx' } }, 'image/png'],
  ])('that is %s is kept as what it is: Meta has it for days only', async (_what, sent, mime) => {
    const person = w.aStranger()
    const content = mime === 'image/png' ? aPng() : Buffer.from('MZ\x90\0 a program', 'latin1')
    const bytes = mime === 'image/webp' ? {} : { bytes: content.toString('base64') }
    const fields = { from: person.slice(1), ...sent, ...bytes }
    const { message } = (await w.simulator.control('POST', 'inbound', fields)) as { message: Record<string, unknown> }
    const entry = await aFileFrom(person, { ...message, image: undefined, timestamp: String(at(4).getTime() / 1000) })
    await fetchMedia(w.deps, entry)
    const kept = await mediaFrom(person)
    expect(kept).toMatchObject({ state: 'kept', problem: null })
    const media = await mediaStore(w.deps.containers).find(w.workspaceId, kept!.media_id!)
    expect(media?.value).toMatchObject({ mime_type: mime, source: 'inbound' })
  })

  it('without anything in it fails at once and says so', async () => {
    const person = w.aStranger()
    const entry = await aFileFrom(person)
    const server = createServer((_request, response) => void response.end())
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done))
    const { port } = server.address() as AddressInfo // of TCP
    const call = () => Promise.resolve({ kind: 'ok' as const, body: { url: `http://127.0.0.1:${port}/file` } })
    await fetchMedia({ ...w.deps, graph: { ...w.deps.graph, call } }, entry)
    server.close()
    expect(w.taken('inbound-media')).toEqual([])
    expect(await mediaFrom(person)).toMatchObject({ state: 'failed', problem: 'The file is empty' })
  })

  it('is fetched once and kept, and one that Meta has no more says so', async () => {
    const person = w.aStranger()
    const fields = {
      from: person.slice(1),
      type: 'image',
      bytes: aPng().toString('base64'),
      image: { mime_type: 'image/png' },
    }
    const { message } = (await w.simulator.control('POST', 'inbound', fields)) as { message: Record<string, unknown> }
    w.taken('inbound-media')
    const gone = { type: 'image', image: { id: '404', mime_type: 'image/png' }, text: undefined }
    await apply(
      inbound(w, person, at(2), { ...message, timestamp: String(Math.floor(START / 1000)) }),
      inbound(w, person, at(3), gone),
    )
    const entries = w.taken('inbound-media')
    expect(entries).toHaveLength(2)
    for (const entry of [...entries, ...entries]) await fetchMedia(w.deps, entry)
    expect((await messagesFrom(person)).map(({ media }) => media)).toMatchObject([
      { state: 'failed', media_id: null, problem: expect.stringContaining('does not have') as string },
      { state: 'kept', media_id: expect.any(String) as string, mime_type: 'image/png' },
    ])
  })
})
