import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { conversationId } from '../../../shared/ids.ts'
import { reply } from '../../../shared/messages/reply.ts'
import { ReplyRequest } from '../../../shared/messages/reply-api.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { copiesOf, notingMeta } from '../../support/meta-copies.ts'
import { aMessageWorld, type MessageWorld } from '../../support/message-world.ts'
import { aStoredImage } from '../../support/messages.ts'

let w: MessageWorld
let person: string
beforeAll(async () => {
  w = await aMessageWorld()
  person = w.aStranger()
  await w.writes(person)
})
afterAll(() => w.close())

const interactive = (header: object, type = 'button') => ({
  type: 'interactive',
  interactive: {
    ...{ type, header, body: { text: 'Which one?' } },
    action:
      type === 'button'
        ? { buttons: [{ type: 'reply', reply: { id: 'a', title: 'A' } }] }
        : { button: 'Look', sections: [{ rows: [{ id: 'a', title: 'A' }] }] },
  },
})
const sends = (header: object) => {
  const id = conversationId(w.workspaceId, w.phoneNumberId, person.slice(1))
  return reply(w.deps, w.workspaceId, id, ReplyRequest.parse(interactive(header)))
}
const problemOf = (header: object, type?: string) =>
  ReplyRequest.safeParse(interactive(header, type)).error?.issues.map(({ path }) => path.join('.'))

describe('the header of an interactive message', () => {
  it('is a file of ours, which Meta is given, and whose id the message names', async () => {
    const media = await aStoredImage(w.deps, w.workspaceId)
    const message = await sends({ type: 'image', image: { id: media.id } })
    expect(message.content).toMatchObject({ header_media_id: media.id })
    const meta = notingMeta(w.deps)
    await w.deliver(meta.deps)
    expect(await w.status(message.id)).toMatchObject({ status: 'sent' })
    const [copy] = await copiesOf(w.deps, media)
    const header = { type: 'image', image: { id: copy!.id } }
    expect(meta.bodies).toMatchObject([{ interactive: { header } }])
  })

  it('cannot be a file of another workspace, nor one that WhatsApp does not take as that', async () => {
    const theirs = await aStoredImage(w.deps, aWorkspaceId())
    const ours = await aStoredImage(w.deps, w.workspaceId)
    const refused = (type: string) => ({
      problems: [expect.objectContaining({ loc: ['body', 'interactive', 'header', type, 'id'] })],
    })
    await expect(sends({ type: 'image', image: { id: theirs.id } })).rejects.toMatchObject(refused('image'))
    await expect(sends({ type: 'video', video: { id: ours.id } })).rejects.toMatchObject(refused('video'))
    expect(w.entries()).toEqual([])
  })

  it.each([
    [{ type: 'image', image: { id: '1037540000000001' } }, 'button', 'interactive.header.image.id'],
    [{ type: 'image', image: {} }, 'button', 'interactive.header.image'],
    [{ type: 'audio', audio: {} }, 'button', 'interactive.header.type'],
    [{ type: 'text', text: 'x'.repeat(61) }, 'button', 'interactive.header.text'],
    [{ type: 'image', image: { link: 'https://example.com/a.png' } }, 'list', 'interactive.header.type'],
  ])('%j of a %s is refused', (header, type, path) => {
    expect(problemOf(header, type)).toEqual([path])
  })
})
