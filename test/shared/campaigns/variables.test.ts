import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { CampaignCreate } from '../../../shared/campaigns/api.ts'
import { executeCampaign } from '../../../shared/campaigns/execute.ts'
import { updateCampaign } from '../../../shared/campaigns/update.ts'
import { checkVariables, freezeParameters, variableKeys } from '../../../shared/campaigns/variables.ts'
import type { Variables } from '../../../shared/campaigns/variable-sources.ts'
import { campaignStore } from '../../../shared/campaigns/store.ts'
import { createContact } from '../../../shared/contacts/create.ts'
import { newId, newUuid } from '../../../shared/ids.ts'
import { deleteMedia } from '../../../shared/media/delete.ts'
import type { Component } from '../../../shared/templates/components.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { approveTemplate, campaignWith, SHAPES, storeTemplate } from '../../support/campaign-templates.ts'
import { aCampaignWorld, type CampaignWorld } from '../../support/campaign-world.ts'
import { copiesOf, notingMeta } from '../../support/meta-copies.ts'
import { aStoredImage } from '../../support/messages.ts'

let w: CampaignWorld
let mediaId: string
beforeAll(async () => {
  w = await aCampaignWorld({ contacts: 0 })
  mediaId = (await aStoredImage(w.deps, w.workspaceId)).id
})
afterAll(() => w.close())

const ADA = {
  id: newUuid(),
  phone_number: '+15551000000',
  wa_id: '15551000000',
  name: 'Ada  King\tLovelace',
  attributes: { city: 'London', note: 'two\nlines      wide' },
}
const problems = (...locs: string[]) => ({
  problems: locs.map((key) => expect.objectContaining({ loc: ['body', 'variables', key] }) as unknown),
})
const checking = (components: Component[], variables: Variables) =>
  checkVariables(w.deps, w.workspaceId, { components }, variables)

describe('the variables of a campaign', () => {
  const place = { latitude: 52.5, longitude: 13.4, name: 'Office' }
  it.each<[string, Component[], Variables, string[]]>([
    [
      'a text header and a numbered body',
      SHAPES.positional,
      { 'header.1': { field: 'first_name' }, 'body.1': { field: 'name' }, 'body.2': { attribute: 'City' } },
      ['Ada', 'Ada  King Lovelace', 'London'],
    ],
    [
      'a named body',
      SHAPES.named,
      { 'body.city': { value: 'a\r\n\tb' }, 'body.first_name': { attribute: 'note' } },
      ['two lines wide', 'a b'],
    ],
    [
      'the end of a link and a code to copy',
      SHAPES.buttons,
      { 'button.0': { field: 'wa_id' }, 'button.1': { attribute: 'coupon', fallback: 'SPRING25' } },
      ['15551000000', 'SPRING25'],
    ],
    [
      'an attribute that the contact lacks, whatever JavaScript has of that name',
      SHAPES.buttons,
      { 'button.0': { field: 'wa_id' }, 'button.1': { attribute: 'Constructor', fallback: 'SPRING25' } },
      ['15551000000', 'SPRING25'],
    ],
    ['a one-time code, given once', SHAPES.code, { 'body.1': { value: '123456' } }, ['123456']],
    ['a public link in the header', SHAPES.image, { 'header.media': { value: 'https://example.com/a.png' } }, []],
    ['a place in the header', SHAPES.place, { 'header.media': place }, []],
  ])('fill in %s', async (_shape, components, variables, values) => {
    await expect(checking(components, variables)).resolves.toBeUndefined()
    expect(freezeParameters(variableKeys({ components }), variables, ADA)).toEqual({ kind: 'values', values })
  })

  it('take our own file for a header of its kind, and any file as a document', async () => {
    await expect(checking(SHAPES.image, { 'header.media': { media_id: mediaId } })).resolves.toBeUndefined()
    await expect(checking(SHAPES.document, { 'header.media': { media_id: mediaId } })).resolves.toBeUndefined()
    const video: Component[] = [{ type: 'HEADER', format: 'VIDEO' }, ...SHAPES.image.slice(1)]
    await expect(checking(video, { 'header.media': { media_id: mediaId } })).rejects.toMatchObject(
      problems('header.media'),
    )
  })

  it.each<[string, Component[], Variables, string[]]>([
    ['one that is missing', SHAPES.named, { 'body.city': { value: 'x' } }, ['body.first_name']],
    [
      'one that the template does not have',
      SHAPES.code,
      { 'body.1': { value: '1' }, 'body.2': { value: '2' } },
      ['body.2'],
    ],
    ['a file in a text', SHAPES.code, { 'body.1': { media_id: newUuid() } }, ['body.1']],
    ['a place in a text', SHAPES.code, { 'body.1': { latitude: 1, longitude: 1 } }, ['body.1']],
    ['a field as a file', SHAPES.image, { 'header.media': { field: 'name' } }, ['header.media']],
    ['a place as a file', SHAPES.image, { 'header.media': { latitude: 1, longitude: 1 } }, ['header.media']],
    [
      'a link that is not public',
      SHAPES.image,
      { 'header.media': { value: 'http://example.com/a.png' } },
      ['header.media'],
    ],
    ['a file as a place', SHAPES.place, { 'header.media': { value: 'https://example.com/a.png' } }, ['header.media']],
    ['no file', SHAPES.image, {}, ['header.media']],
    [
      'codes that are too long',
      SHAPES.buttons,
      { 'button.0': { value: 'x' }, 'button.1': { attribute: 'coupon', fallback: 'SPRING-AND-SUMMER' } },
      ['button.1'],
    ],
  ])('are refused by name: %s', async (_what, components, variables, keys) => {
    await expect(checking(components, variables)).rejects.toMatchObject(problems(...keys))
  })

  it('refuse the file of another workspace, a deleted and an unknown one in the same words', async () => {
    const foreign = (await aStoredImage(w.deps, aWorkspaceId())).id
    const { id: deleted } = await aStoredImage(w.deps, w.workspaceId)
    await deleteMedia(w.deps, w.workspaceId, deleted)
    const words = new Set<string>()
    for (const id of [foreign, deleted, newId('media', w.workspaceId), newUuid()]) {
      const error: unknown = await checking(SHAPES.image, { 'header.media': { media_id: id } }).catch((e: unknown) => e)
      words.add(JSON.stringify((error as { problems: unknown }).problems))
    }
    expect([...words]).toEqual([expect.stringContaining('No media file of this workspace')])
  })

  it('of a draft are held against the schema, each in its place', () => {
    const parts = { workspace_id: newUuid(), phone_number_id: newUuid(), name: 'Autumn' }
    for (const source of [
      { field: 'email' },
      { value: ' ' },
      { value: '' },
      { value: 'a\0' },
      { attribute: '__proto__' },
      {},
    ]) {
      const parsed = CampaignCreate.safeParse({ ...parts, variables: { 'body.1': source } })
      expect(parsed.error?.issues[0]?.path.slice(0, 2), JSON.stringify(source)).toEqual(['variables', 'body.1'])
    }
    expect(CampaignCreate.safeParse({ ...parts, variables: { 'footer.1': { value: 'x' } } }).success).toBe(false)
  })

  it.each<[string, Component[], string[] | undefined]>([
    ['cards', SHAPES.code, ['CAROUSEL']],
    [
      'products',
      [
        { type: 'BODY', text: 'Look at these.' },
        { type: 'BUTTONS', buttons: [{ type: 'MPM', text: 'Show' }] },
      ],
      undefined,
    ],
  ])(
    'cannot fill in %s: neither create, update nor start takes such a template',
    async (_what, components, special) => {
      const template = await storeTemplate(w, components, { special_parts: special })
      const refused = { problems: [{ loc: ['body', 'template_id'] }] }
      const variables: Variables = special ? { 'body.1': { value: '1' } } : {}
      await expect(campaignWith(w, template, variables)).rejects.toMatchObject(refused)
      const id = await w.aCampaign()
      const changing = updateCampaign(w.deps, w.workspaceId, id, { template_id: template.id, variables })
      await expect(changing).rejects.toMatchObject(refused)
      const store = campaignStore(w.deps)
      const stored = await store.get(w.workspaceId, id)
      await store.replace(stored, { ...stored.value, template_id: template.id, variables })
      await expect(executeCampaign(w.deps, w.workspaceId, id)).rejects.toMatchObject(refused)
    },
  )
})

describe('a campaign with a file of ours in the header', () => {
  it('names Meta’s id of it, and keeps the id with the file only', async () => {
    await createContact(w.deps, w.workspaceId, {
      phone_number: '+12015550110',
      name: 'Ada',
      attributes: { city: 'Rome' },
    })
    const template = await approveTemplate(w, SHAPES.image)
    const id = await campaignWith(w, template, { 'header.media': { media_id: mediaId } })
    const meta = notingMeta(w.deps)
    w.deps.graph = meta.deps.graph
    await executeCampaign(w.deps, w.workspaceId, id)
    await w.settle()
    const [copy] = await copiesOf(w.deps, { workspace_id: w.workspaceId, id: mediaId })
    const parameters = [{ type: 'image', image: { id: copy!.id } }]
    expect(meta.bodies).toMatchObject([{ template: { components: [{ parameters }] } }])
    expect(await w.counters(id)).toMatchObject({ status: 'COMPLETED', sent_count: 1 })
    const stored = await campaignStore(w.deps).get(w.workspaceId, id)
    expect(JSON.stringify(stored.value)).not.toContain(copy!.id)
  })

  it('pauses with a reason once the file is deleted', async () => {
    const { id: gone } = await aStoredImage(w.deps, w.workspaceId)
    const template = await approveTemplate(w, [
      ...SHAPES.image.slice(0, 1),
      { type: 'BODY', text: 'Good evening to you.' },
    ])
    const id = await campaignWith(w, template, { 'header.media': { media_id: gone } })
    await executeCampaign(w.deps, w.workspaceId, id)
    await deleteMedia(w.deps, w.workspaceId, gone)
    await w.settle()
    expect(await w.counters(id)).toMatchObject({ state: 'paused', sent_count: 0 })
    expect((await w.counters(id)).pause_reason).toContain('file in the header')
    await expect(executeCampaign(w.deps, w.workspaceId, id)).rejects.toMatchObject(problems('header.media'))
  })
})
