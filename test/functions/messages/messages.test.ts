import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { sendMediaEndpoint } from '../../../functions/messages/send-media.ts'
import { sendTemplateEndpoint } from '../../../functions/messages/send-template.ts'
import { sendTextEndpoint } from '../../../functions/messages/send-text.ts'
import { messageStatusEndpoint } from '../../../functions/messages/status.ts'
import { updateWorkspaceEndpoint } from '../../../functions/workspaces/update.ts'
import type { Endpoint } from '../../../shared/http/endpoint.ts'
import { newUuid } from '../../../shared/ids.ts'
import type { Media } from '../../../shared/media/schema.ts'
import { mediaStore } from '../../../shared/media/store.ts'
import type { PhoneNumber } from '../../../shared/phone-numbers/schema.ts'
import { templateId } from '../../../shared/templates/schema.ts'
import { templateStore } from '../../../shared/templates/store.ts'
import { workspaceStore } from '../../../shared/workspaces/store.ts'
import { aTemplate } from '../../shared/templates/support.ts'
import { callEndpoint, type CallAnswer } from '../../support/http.ts'
import { aStoredImage, opensWindow } from '../../support/messages.ts'
import {
  A_STRING,
  aMetaWorld,
  aTenant,
  connectNumber,
  textAt,
  type MetaWorld,
  type Tenant,
} from '../../support/tenants.ts'

let meta: MetaWorld
let acme: Tenant
let globex: Tenant
let number: PhoneNumber
let image: Media
const ADA = '+12015550123'

beforeAll(async () => {
  meta = await aMetaWorld()
  acme = await aTenant(meta.world)
  globex = await aTenant(meta.world, 'Globex')
  number = await connectNumber(meta, acme.id)
  image = await aStoredImage(meta.deps, acme.id)
  await opensWindow(meta.deps, acme.id, number.id, ADA)
  const body = { type: 'BODY' as const, text: 'Hello {{1}}, your order is ready.', example: { body_text: [['Ada']] } }
  const [name, language, waba_id] = ['order_ready', 'en_US', number.waba_id!]
  const id = templateId(acme.id, waba_id, name, language)
  const place = { id, workspace_id: acme.id, phone_number_id: number.id, waba_id, name, language }
  const template = aTemplate({ ...place, category: 'UTILITY', status: 'APPROVED', components: [body] })
  await templateStore(meta.deps.containers).create(template)
})
afterAll(() => meta.close())

function post(endpoint: Endpoint, json: Record<string, unknown>, token = acme.owner.token): Promise<CallAnswer> {
  const base = { workspace_id: acme.id, phone_number_id: number.id, to: ADA }
  return callEndpoint(meta.world, endpoint, { token, json: { ...base, ...json } })
}

const text = (json: Record<string, unknown> = {}) => post(sendTextEndpoint, { text: 'Hello', ...json })
const template = (json: Record<string, unknown> = {}) =>
  post(sendTemplateEndpoint, { template_name: 'order_ready', components: { body: ['Ada'] }, ...json })
const media = (json: Record<string, unknown> = {}) =>
  post(sendMediaEndpoint, { media_type: 'image', media_id: image.id, ...json })

function statusOf(id: string, token = acme.owner.token): Promise<CallAnswer> {
  return callEndpoint(meta.world, messageStatusEndpoint, { token, params: { message_id: id } })
}

function problemOf({ body }: CallAnswer): { loc: string[]; msg: string } | undefined {
  return (body as { detail: { loc: string[]; msg: string }[] }).detail[0]
}

function common(type: string) {
  return {
    id: A_STRING,
    workspace_id: acme.id,
    phone_number_id: number.id,
    wa_message_id: null,
    direction: 'outbound',
    from_number: `+${number.display_digits}`,
    to_number: ADA,
    type,
    status: 'queued',
    media_id: null,
    queued: true,
    conversation_id: A_STRING,
    contact_id: A_STRING,
    created_at: A_STRING,
  }
}

describe('sending', () => {
  it('a text answers 201 with the queued message', async () => {
    expect(await text({ to: '001 201 555-0123' })).toMatchObject({ status: 201, body: common('text') })
  })

  it('a template answers 201; the base language finds the only variant', async () => {
    const answer = await template()
    expect(answer.status).toBe(201)
    expect(answer.body).toEqual(common('template'))
  })

  it('a file answers 201 with its id', async () => {
    const answer = await media({ media_type: 'IMAGE', caption: 'Look' })
    expect(answer.status).toBe(201)
    expect(answer.body).toEqual({ ...common('image'), media_id: image.id })
  })

  it('any file goes as a document', async () => {
    expect(await media({ media_type: 'document' })).toMatchObject({ status: 201, body: { type: 'document' } })
  })

  it('components may be Meta’s list too', async () => {
    const components = [{ type: 'body', parameters: [{ type: 'text', text: 'Ada' }] }]
    expect((await template({ components, template_language: 'en_US' })).status).toBe(201)
  })

  it('a text of 4,096 characters is taken, and one more is not', async () => {
    expect((await text({ text: '👋'.repeat(4096) })).status).toBe(201)
    const answer = await text({ text: 'x'.repeat(4097) })
    expect(problemOf(answer)).toEqual({
      loc: ['body', 'text'],
      msg: 'String should have at most 4096 characters',
      type: 'string_too_long',
    })
  })
})

describe('a send is refused', () => {
  it.each([
    ['an empty text', () => text({ text: '' }), 'text'],
    ['a null byte in a text', () => text({ text: 'a\0b' }), 'text'],
    ['half a character in a text', () => text({ text: 'a\ud800' }), 'text'],
    ['no recipient', () => text({ to: undefined }), 'to'],
    ['a recipient without a country', () => text({ to: '0201 555 0123' }), 'to'],
    ['an unknown number', () => text({ phone_number_id: newUuid() }), 'phone_number_id'],
    ['a name that is no id', () => text({ phone_number_id: 'main' }), 'phone_number_id'],
    ['an unknown template', () => template({ template_name: 'order_lost' }), 'template_name'],
    ['another language', () => template({ template_language: 'es' }), 'template_language'],
    ['missing values', () => template({ components: null }), 'components'],
    ['an unknown file', () => media({ media_id: newUuid() }), 'media_id'],
    ['another type than the file’s', () => media({ media_type: 'video' }), 'media_type'],
    ['an unknown type', () => media({ media_type: 'sticker' }), 'media_type'],
    ['a caption of 1,025 characters', () => media({ caption: 'x'.repeat(1025) }), 'caption'],
  ])('with 422 naming the field for %s', async (_what, send, field) => {
    const answer = await send()
    expect(answer.status).toBe(422)
    expect(problemOf(answer)?.loc.slice(0, 2)).toEqual(['body', field])
  })

  it('with 422 for a caption on audio', async () => {
    const audio = { ...image, id: image.id.replace(/.$/, (last) => (last === '0' ? '1' : '0')) }
    await mediaStore(meta.deps.containers).create({ ...audio, kind: 'audio', mime_type: 'audio/mpeg' })
    const answer = await media({ media_id: audio.id, media_type: 'audio', caption: 'Listen' })
    expect(answer.status).toBe(422)
    expect(problemOf(answer)?.loc).toEqual(['body', 'caption'])
    expect((await media({ media_id: audio.id, media_type: 'audio', caption: '' })).status).toBe(201)
    expect((await media({ media_id: audio.id, media_type: 'document', caption: 'Listen' })).status).toBe(201)
  })

  it('with 422 for a file that WhatsApp does not deliver as what it is', async () => {
    const gif = { ...image, id: image.id.replace(/.$/, (last) => (last === '2' ? '3' : '2')), mime_type: 'image/gif' }
    await mediaStore(meta.deps.containers).create(gif)
    expect(problemOf(await media({ media_id: gif.id }))?.msg).toContain('document')
  })

  it('with 409 and a hint outside the service window, for texts and files', async () => {
    for (const send of [text, media]) {
      expect(await send({ to: '+12015550199' })).toMatchObject({
        status: 409,
        body: { code: 'outside_service_window', hint: A_STRING },
      })
    }
  })

  it('with 403 for a workspace one is not in, whatever else is wrong', async () => {
    const answer = await post(sendTextEndpoint, { text: '', to: 'x' }, globex.owner.token)
    expect(answer).toMatchObject({ status: 403, body: { code: 'forbidden' } })
  })

  it('with 403 while the workspace is suspended', async () => {
    const store = workspaceStore(meta.deps.containers)
    const stored = await store.find(acme.id)
    const suspended = await store.replace(stored!, { ...stored!.value, status: 'suspended' })
    const answers = [await text(), await template(), await media()]
    await store.replace(suspended, stored!.value)
    for (const answer of answers) expect(answer).toMatchObject({ status: 403, body: { code: 'workspace_suspended' } })
  })
})

describe('the workspace setting check_service_window', () => {
  it('switches the window check off and on', async () => {
    const set = (check_service_window: boolean) =>
      callEndpoint(meta.world, updateWorkspaceEndpoint, {
        token: acme.owner.token,
        params: { workspace_id: acme.id },
        json: { settings: { check_service_window } },
      })
    expect((await set(false)).status).toBe(200)
    expect((await text({ to: '+12015550188' })).status).toBe(201)
    expect((await set(true)).status).toBe(200)
    expect((await text({ to: '+12015550188' })).status).toBe(409)
  })
})

describe('GET /api/messages/{message_id}/status', () => {
  it('answers what is known of the message', async () => {
    const id = textAt(await text(), 'id')
    const answer = await statusOf(id)
    expect(answer).toMatchObject({ status: 200 })
    expect(answer.body).toEqual({
      id,
      wa_message_id: null,
      status: 'queued',
      delivered_at: null,
      read_at: null,
      sent_at: null,
      failed_at: null,
      error: null,
      price: null,
    })
    expect((await statusOf(id.toUpperCase())).status).toBe(200)
  })

  it('does not know the message to anybody else, nor ids of other things', async () => {
    const sent = await text()
    expect(await statusOf(textAt(sent, 'id'), globex.owner.token)).toMatchObject({
      status: 404,
      body: { code: 'message_not_found' },
    })
    for (const id of [number.id, image.id, textAt(sent, 'conversation_id'), textAt(sent, 'contact_id'), newUuid()]) {
      expect(await statusOf(id)).toMatchObject({ status: 404, body: { code: 'message_not_found' } })
    }
    expect((await statusOf('x')).status).toBe(422)
  })
})
