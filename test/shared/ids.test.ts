import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import * as z from 'zod'
import {
  MAX_PAGES,
  WorkspaceId,
  belongsTo,
  isIdOf,
  campaignMonth,
  conversationId,
  conversationKey,
  conversationOf,
  derivedId,
  messageId,
  newCampaignId,
  newId,
  recipientAddress,
  recipientMessageId,
} from '../../shared/ids.ts'

const workspaceId = fc.uuid().map((id) => WorkspaceId.parse(id))
const date = fc.date({
  min: new Date('2020-01-01T00:00:00Z'),
  max: new Date('2300-12-31T00:00:00Z'),
  noInvalidDate: true,
})
const page = fc.oneof(fc.integer({ min: 0, max: MAX_PAGES }), fc.constantFrom(0, 1, 0xffff, 0x10000, MAX_PAGES))
const position = fc.integer({ min: 0, max: 255 })
const plainKind = fc.constantFrom<Parameters<typeof newId>[0]>('contact', 'template', 'phoneNumber', 'media')

const phoneNumberId = fc.uuid()
const person = fc.stringMatching(/^[0-9]{7,15}$/)

describe('ids of messages', () => {
  it('lead to their conversation in their workspace, and nowhere in another', () => {
    fc.assert(
      fc.property(workspaceId, workspaceId, phoneNumberId, person, (mine, other, number, who) => {
        fc.pre(mine !== other)
        const conversation = conversationKey(mine, number, who)
        const id = messageId(mine, conversation)
        expect(z.uuid({ version: 'v8' }).safeParse(id).success).toBe(true)
        expect(conversationOf(mine, id)).toBe(conversation)
        expect(conversationOf(other, id)).toBeUndefined()
        expect(recipientAddress(id)).toBeUndefined()
        const parent = conversationId(mine, number, who)
        expect(parent.endsWith(conversation)).toBe(true)
        expect(conversationOf(mine, parent)).toBeUndefined()
      }),
    )
  })

  it('are new each time, or always the same for a key', () => {
    const mine = WorkspaceId.parse('00000000-0000-4000-8000-000000000001')
    const conversation = conversationKey(mine, 'a number', '15550100001')
    const fresh = new Set(Array.from({ length: 5000 }, () => messageId(mine, conversation)))
    expect(fresh.size).toBe(5000)
    expect(messageId(mine, conversation, 'wamid.A')).toBe(messageId(mine, conversation, 'wamid.A'))
    expect(messageId(mine, conversation, 'wamid.A')).not.toBe(messageId(mine, conversation, 'wamid.B'))
  })

  it('differ by number and by person', () => {
    const mine = WorkspaceId.parse('00000000-0000-4000-8000-000000000001')
    const ids = [conversationId(mine, 'a', '1'), conversationId(mine, 'a', '2'), conversationId(mine, 'b', '1')]
    expect(new Set(ids).size).toBe(3)
  })
})

describe('ids', () => {
  it('lead from a recipient’s message to campaign, page and position and back, for every page and position', () => {
    fc.assert(
      fc.property(workspaceId, date, page, position, (workspace, now, pageNumber, at) => {
        const address = { campaignId: newCampaignId(workspace, now), page: pageNumber, position: at }
        expect(recipientAddress(recipientMessageId(address))).toEqual(address)
      }),
    )
  })

  it('are different for different recipients', () => {
    const campaignId = newCampaignId(WorkspaceId.parse(crypto.randomUUID()), new Date())
    const ids = [0, 1, 255, 256, MAX_PAGES].flatMap((pageNumber) =>
      Array.from({ length: 256 }, (_, at) => recipientMessageId({ campaignId, page: pageNumber, position: at })),
    )
    expect(new Set(ids).size).toBe(ids.length)
  })

  it('tell the month a campaign was made in, whatever its recipient', () => {
    fc.assert(
      fc.property(workspaceId, date, page, position, (workspace, now, pageNumber, at) => {
        const campaignId = newCampaignId(workspace, now)
        const month = now.toISOString().slice(0, 7).replace('-', '')
        expect(campaignMonth(campaignId)).toBe(month)
        const recipient = recipientMessageId({ campaignId, page: pageNumber, position: at })
        expect(campaignMonth(recipientAddress(recipient)!.campaignId)).toBe(month)
      }),
    )
  })

  it('are valid UUIDs of version 8 that belong to their workspace', () => {
    fc.assert(
      fc.property(workspaceId, date, plainKind, fc.record({ key: fc.string(), page, position }), (...given) => {
        const [workspace, now, kind, { key, ...place }] = given
        const campaignId = newCampaignId(workspace, now)
        const ids = [newId(kind, workspace), derivedId(kind, workspace, key), campaignId]
        for (const id of [...ids, recipientMessageId({ campaignId, ...place })]) {
          expect(z.uuid({ version: 'v8' }).safeParse(id).success).toBe(true)
          expect(belongsTo(workspace, id)).toBe(true)
        }
      }),
    )
  })

  it('are told apart by kind, and from everything that is no id', () => {
    fc.assert(
      fc.property(workspaceId, workspaceId, plainKind, plainKind, (mine, other, kind, otherKind) => {
        const id = newId(kind, mine)
        expect(isIdOf(kind, mine, id)).toBe(true)
        expect(isIdOf('campaign', mine, id)).toBe(false)
        expect(isIdOf(kind, mine, newId(otherKind, mine))).toBe(kind === otherKind)
        expect(isIdOf(kind, other, id)).toBe(mine === other)
        for (const odd of [mine, '', `${id}0`, `${id.slice(0, 20)}/../${id}`])
          expect(isIdOf(kind, mine, odd)).toBe(false)
      }),
    )
  })

  it('of a foreign workspace do not belong', () => {
    fc.assert(
      fc.property(workspaceId, workspaceId, date, plainKind, (mine, other, now, kind) => {
        fc.pre(mine !== other)
        const foreign = newCampaignId(other, now)
        const ids = [newId(kind, other), derivedId(kind, other, 'key'), foreign]
        for (const id of [...ids, recipientMessageId({ campaignId: foreign, page: 3, position: 4 })]) {
          expect(belongsTo(mine, id)).toBe(false)
        }
      }),
    )
  })

  it('are the same for the same key, and differ with workspace, kind and key', () => {
    fc.assert(
      fc.property(workspaceId, workspaceId, fc.string(), fc.string(), (one, two, key, otherKey) => {
        fc.pre(one !== two && key !== otherKey)
        const ids = [
          derivedId('contact', one, key),
          derivedId('contact', two, key),
          derivedId('contact', one, otherKey),
          derivedId('template', one, key),
        ]
        expect(derivedId('contact', one, key)).toBe(ids[0])
        expect(new Set(ids).size).toBe(ids.length)
      }),
    )
  })

  it('are new every time', () => {
    const workspace = WorkspaceId.parse(crypto.randomUUID())
    const ids = Array.from({ length: 10_000 }, () => newId('contact', workspace))
    const campaigns = Array.from({ length: 1_000 }, () => newCampaignId(workspace, new Date()))
    expect(new Set([...ids, ...campaigns]).size).toBe(11_000)
  })

  it('of other kinds, and anything else, lead to no recipient', () => {
    const workspace = WorkspaceId.parse(crypto.randomUUID())
    const message = recipientMessageId({ campaignId: newCampaignId(workspace, new Date()), page: 1, position: 1 })
    const others = [newId('contact', workspace), newCampaignId(workspace, new Date()), crypto.randomUUID(), '']
    for (const id of [...others, message.toUpperCase(), `${message}0`, ` ${message}`, 'campaign=42;recipient=1001']) {
      expect(recipientAddress(id)).toBeUndefined()
    }
    fc.assert(fc.property(fc.string(), (text) => recipientAddress(text) === undefined))
  })
})
