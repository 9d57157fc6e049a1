import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { createCampaign } from '../../../shared/campaigns/create.ts'
import { executeCampaign } from '../../../shared/campaigns/execute.ts'
import { sendTest } from '../../../shared/campaigns/send-test.ts'
import { createContact } from '../../../shared/contacts/create.ts'
import { deleteContact } from '../../../shared/contacts/delete.ts'
import { updateContact } from '../../../shared/contacts/update.ts'
import { newId, newUuid } from '../../../shared/ids.ts'
import { deleteMedia } from '../../../shared/media/delete.ts'
import { phoneNumberStore } from '../../../shared/phone-numbers/store.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { approveTemplate, campaignWith, SHAPES, storeTemplate } from '../../support/campaign-templates.ts'
import { aMessageWorld, type MessageWorld } from '../../support/message-world.ts'
import { aStoredImage } from '../../support/messages.ts'

let w: MessageWorld
let sent: Record<string, unknown>[]
beforeAll(async () => {
  w = await aMessageWorld()
  const { graph } = w.deps
  w.deps.graph = {
    ...graph,
    call: (request) => {
      // A message, as its sender wrote it.
      if (request.path.endsWith('/messages')) sent.push(request.json as Record<string, unknown>)
      return graph.call(request)
    },
  }
})
afterEach(() => w.queued.splice(0))
afterAll(() => w.close())

const test = (id: string, to: string, contact_id?: string) =>
  sendTest(w.deps, w.workspaceId, id, { to, ...(contact_id === undefined ? {} : { contact_id }) })
const components = () => (sent[0]?.['template'] as { components: unknown }).components
const text = (value: string, name?: string) => ({
  type: 'text',
  text: value,
  ...(name === undefined ? {} : { parameter_name: name }),
})

describe('a test send', () => {
  it('sends one message with a contact’s values, with the fallbacks, and else with the samples', async () => {
    const template = await approveTemplate(w, SHAPES.named)
    const id = await campaignWith(w, template, {
      'body.first_name': { field: 'first_name', fallback: 'friend' },
      'body.city': { attribute: 'city' },
    })
    const given = { phone_number: '+12015550100', name: 'Grace Hopper', attributes: { city: 'New  York' } }
    const { id: contactId } = await createContact(w.deps, w.workspaceId, given)
    const { accepted } = await w.simulator.ledger()
    for (const [contact, values] of [
      [contactId, ['Grace', 'New York']],
      [undefined, ['friend', 'Rome']],
    ] as const) {
      sent = []
      const message = await test(id, w.aStranger(), contact)
      await w.deliver()
      expect(await w.status(message.id)).toMatchObject({ status: 'sent' })
      const parameters = [text(values[0], 'first_name'), text(values[1], 'city')]
      expect(components()).toEqual([{ type: 'body', parameters }])
    }
    expect((await w.simulator.ledger()).accepted).toBe(accepted + 2)
    expect(await w.counters(id)).toMatchObject({ status: 'DRAFT', sent_count: 0, pending_count: 0, started_at: null })
  })

  it('does not count for the campaign, and takes nobody out of it', async () => {
    const id = await campaignWith(w, await approveTemplate(w, SHAPES.buttons), {
      'button.0': { value: 'shoes' },
      'button.1': { attribute: 'coupon', fallback: 'SPRING25' },
    })
    sent = []
    await test(id, '+12015550100')
    await w.deliver()
    expect(components()).toEqual([
      { type: 'button', sub_type: 'url', index: '0', parameters: [text('shoes')] },
      {
        type: 'button',
        sub_type: 'copy_code',
        index: '1',
        parameters: [{ type: 'coupon_code', coupon_code: 'SPRING25' }],
      },
    ])
    w.queued.splice(0)
    await executeCampaign(w.deps, w.workspaceId, id)
    await w.settle()
    expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED', total_contacts: 1, sent_count: 1 })
  })

  it('gives Meta our file when it is sent, and names its id', async () => {
    const { id: mediaId } = await aStoredImage(w.deps, w.workspaceId)
    const id = await campaignWith(w, await approveTemplate(w, SHAPES.document), {
      'header.media': { media_id: mediaId },
    })
    sent = []
    const message = await test(id, w.aStranger())
    expect(message.content).toMatchObject({ components: [], header_media_id: mediaId })
    const late = await test(id, w.aStranger())
    const [first, second] = w.entries()
    await w.deliverOne(first!)
    const document = { id: expect.stringMatching(/^\d+$/) as unknown, filename: 'dot.png' }
    expect(components()).toEqual([{ type: 'header', parameters: [{ type: 'document', document }] }])
    await deleteMedia(w.deps, w.workspaceId, mediaId)
    await w.deliverOne(second!)
    expect(await w.status(late.id)).toMatchObject({ status: 'failed', error: { code: 'media_not_found' } })
  })

  it('refuses a foreign, a deleted and an unknown contact alike, and one that the campaign would skip', async () => {
    const id = await campaignWith(w, await approveTemplate(w, SHAPES.positional), {
      'header.1': { value: 'you' },
      'body.1': { field: 'name' },
      'body.2': { value: 'Rome' },
    })
    const foreign = (await createContact(w.deps, aWorkspaceId(), { phone_number: '+12015550101' })).id
    const deleted = (await createContact(w.deps, w.workspaceId, { phone_number: '+12015550102' })).id
    await deleteContact(w.deps, w.workspaceId, deleted)
    const wrong = { problems: [{ loc: ['body', 'contact_id'], msg: 'No contact of this workspace has this id' }] }
    for (const contactId of [foreign, deleted, newId('contact', w.workspaceId), newUuid()]) {
      await expect(test(id, w.aStranger(), contactId)).rejects.toMatchObject(wrong)
    }
    const nameless = (await createContact(w.deps, w.workspaceId, { phone_number: '+12015550103' })).id
    const lacking = { problems: [{ loc: ['body', 'contact_id'], msg: expect.stringContaining('body.1') as unknown }] }
    await expect(test(id, w.aStranger(), nameless)).rejects.toMatchObject(lacking)
    expect(w.queued).toEqual([])
  })

  it('keeps the rules of a single message: number, template, consent, and to whom', async () => {
    const id = await w.aCampaign()
    await expect(test(id, 'nobody')).rejects.toMatchObject({ problems: [{ loc: ['body', 'to'] }] })
    await expect(sendTest(w.deps, aWorkspaceId(), id, { to: '+12015550100' })).rejects.toMatchObject({
      code: 'campaign_not_found',
    })
    const { id: out } = await createContact(w.deps, w.workspaceId, { phone_number: '+12015550104' })
    await updateContact(w.deps, w.workspaceId, out, { opted_in: false, source: 'api' })
    await expect(test(id, '+12015550104')).rejects.toMatchObject({ code: 'contact_opted_out' })
    const pending = await storeTemplate(w, SHAPES.code, { status: 'PENDING' })
    const unready = await campaignWith(w, pending, { 'body.1': { value: '1' } })
    await expect(test(unready, w.aStranger())).rejects.toMatchObject({ code: 'template_not_approved' })
    const numbers = phoneNumberStore(w.deps.containers)
    const number = (await numbers.find(w.workspaceId, w.phoneNumberId))!
    const disabled = await numbers.replace(number, { ...number.value, status: 'disabled' })
    await expect(test(id, w.aStranger())).rejects.toMatchObject({ code: 'phone_number_not_active' })
    await numbers.replace(disabled, number.value)
    expect(w.queued).toEqual([])
  })

  it('of a draft without a template asks for one', async () => {
    const parts = { workspace_id: w.workspaceId, phone_number_id: w.phoneNumberId, name: 'Autumn' }
    const { id } = await createCampaign(w.deps, w.workspaceId, parts)
    await expect(test(id, w.aStranger())).rejects.toMatchObject({ problems: [{ loc: ['body', 'template_id'] }] })
  })
})
