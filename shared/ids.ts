/**
 * Ids that carry their address, so that one point read finds the thing they name.
 *
 * Every id below a workspace is a UUIDv8: five bytes of the workspace's tag, one byte of kind, then what the kind needs.
 * A caller's memberships and the tag together say which workspace an id belongs to, with no look-up table.
 *
 *   byte   0-4   tag: the first 40 bits of SHA-256(workspace id)
 *   byte   5     kind
 *   byte   6-7   version nibble 8, then 12 bits: month since 2020-01 (campaigns and their recipients), else free bits
 *   byte   8-11  variant bits 10, then 30 free bits: random or derived
 *   byte  12-15  campaigns 0; recipients: 24 bits page, 8 bits position; messages and conversations: the conversation;
 *                else free bits
 */
import { createHash, randomBytes, randomUUID } from 'node:crypto'
import * as z from 'zod'

export const WorkspaceId = z.uuid().brand<'WorkspaceId'>()
/** The id of a workspace whose existence or membership was checked; no other string fits its place. */
export type WorkspaceId = z.output<typeof WorkspaceId>

const KINDS = {
  phoneNumber: 1,
  template: 2,
  contact: 3,
  campaign: 4,
  recipient: 5,
  media: 6,
  message: 7,
  other: 8,
  conversation: 9,
  import: 10,
  segment: 11,
  contactJob: 12,
} as const
export type IdKind = keyof typeof KINDS

export const MAX_PAGES = 0xffffff
const TAG_BYTES = 5
const CONVERSATION_DIGITS = 8

export function newUuid(): string {
  return randomUUID()
}

/** The UUID that `key` always gives. */
export function uuidFrom(key: string): string {
  const bytes = createHash('sha256').update(key).digest().subarray(0, 16)
  bytes.writeUInt8(0x80 | (bytes.readUInt8(6) & 0x0f), 6)
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8)
  return format(bytes)
}

/** A new random id of `kind` inside a workspace. */
export function newId(
  kind: Exclude<IdKind, 'campaign' | 'recipient' | 'message' | 'conversation'>,
  workspaceId: WorkspaceId,
): string {
  return format(stamp(randomBytes(16), workspaceId, KINDS[kind]))
}

/** The id that `key` always gives inside a workspace: uniqueness by construction. */
export function derivedId(kind: IdKind, workspaceId: WorkspaceId, key: string): string {
  const digest = createHash('sha256').update(`${workspaceId}\n${kind}\n${key}`).digest().subarray(0, 16)
  return format(stamp(digest, workspaceId, KINDS[kind]))
}

/** A campaign's id. Its month names the table that holds its facts, so that old months can be dropped whole. */
export function newCampaignId(workspaceId: WorkspaceId, now: Date, key: string = randomUUID()): string {
  const digest = createHash('sha256').update(`${workspaceId}\n${key}`).digest().subarray(0, 16)
  const bytes = stamp(digest, workspaceId, KINDS.campaign)
  const month = (now.getUTCFullYear() - 2020) * 12 + now.getUTCMonth()
  bytes.writeUInt16BE(0x8000 | (month & 0x0fff), 6)
  bytes.writeUInt32BE(0, 12)
  return format(bytes)
}

/** True if the id's tag is this workspace's: the id may exist there, and nowhere else. */
export function belongsTo(workspaceId: WorkspaceId, id: string): boolean {
  return id.slice(0, 8) + id.slice(9, 11) === tagOf(workspaceId)
}

/**
 * True if `id` can only name a `kind` of this workspace. In `core` all kinds share a partition: an id of another kind
 * must lead nowhere, not to a document of another shape.
 */
export function isIdOf(kind: IdKind, workspaceId: WorkspaceId, id: string): boolean {
  return UUID.test(id) && belongsTo(workspaceId, id) && id.slice(11, 13) === kindHex(KINDS[kind])
}

export interface RecipientAddress {
  campaignId: string
  page: number
  position: number
}

/** The id of the message to one campaign recipient; also what Meta gets as `biz_opaque_callback_data`. */
export function recipientMessageId({ campaignId, page, position }: RecipientAddress): string {
  const tail = page.toString(16).padStart(6, '0') + position.toString(16).padStart(2, '0')
  return `${campaignId.slice(0, 11)}${kindHex(KINDS.recipient)}${campaignId.slice(13, 28)}${tail}`
}

/** Where a campaign recipient's message id leads, or undefined if it is not such an id. */
export function recipientAddress(messageId: string): RecipientAddress | undefined {
  if (!UUID.test(messageId) || messageId.slice(11, 13) !== kindHex(KINDS.recipient)) return undefined
  return {
    campaignId: `${messageId.slice(0, 11)}${kindHex(KINDS.campaign)}${messageId.slice(13, 28)}00000000`,
    page: Number.parseInt(messageId.slice(28, 34), 16),
    position: Number.parseInt(messageId.slice(34, 36), 16),
  }
}

/**
 * What the ids of a conversation and of all its messages end with, and the second part of their partition key. Two
 * conversations of a workspace may share it (32 bits): each finds its own by the rest of the id.
 */
export function conversationKey(workspaceId: WorkspaceId, phoneNumberId: string, person: string): string {
  const digest = createHash('sha256').update(`${workspaceId}\n${phoneNumberId}\n${person}`).digest('hex')
  return digest.slice(0, CONVERSATION_DIGITS)
}

/** The conversation of a number of ours with a person: always the same id. */
export function conversationId(workspaceId: WorkspaceId, phoneNumberId: string, person: string): string {
  const id = derivedId('conversation', workspaceId, `${phoneNumberId}\n${person}`)
  return inConversation(id, conversationKey(workspaceId, phoneNumberId, person))
}

/** The id of a message in a conversation: a new one, or the one that `key` always gives. */
export function messageId(workspaceId: WorkspaceId, conversation: string, key: string = randomUUID()): string {
  return inConversation(derivedId('message', workspaceId, `${conversation}\n${key}`), conversation)
}

/** As `messageId`; whatever the conversation, all before its key is the same for the same `seed`: see `messageStem`. */
export function seededMessageId(workspaceId: WorkspaceId, conversation: string, seed: string): string {
  return messageStem(workspaceId, seed) + conversation
}

/** What the id of a message begins with, wherever it was put. */
export function messageStem(workspaceId: WorkspaceId, seed: string): string {
  return derivedId('message', workspaceId, `seed\n${seed}`).slice(0, -CONVERSATION_DIGITS)
}

/** The conversation key that a message's id carries, or undefined if it is no id of a message of this workspace. */
export function conversationOf(workspaceId: WorkspaceId, id: string): string | undefined {
  return isIdOf('message', workspaceId, id) ? id.slice(-CONVERSATION_DIGITS) : undefined
}

/** As `conversationOf`, for the id of a conversation. */
export function keyOfConversation(workspaceId: WorkspaceId, id: string): string | undefined {
  return isIdOf('conversation', workspaceId, id) ? id.slice(-CONVERSATION_DIGITS) : undefined
}

/** The month a campaign was made in, as `yyyymm`. */
export function campaignMonth(campaignId: string): string {
  const month = Number.parseInt(campaignId.slice(15, 18), 16)
  return `${2020 + Math.floor(month / 12)}${String((month % 12) + 1).padStart(2, '0')}`
}

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/

const tags = new Map<string, string>()

function tagOf(workspaceId: WorkspaceId): string {
  let tag = tags.get(workspaceId)
  if (tag === undefined) {
    if (tags.size > 10_000) tags.clear()
    tag = createHash('sha256')
      .update(workspaceId)
      .digest('hex')
      .slice(0, TAG_BYTES * 2)
    tags.set(workspaceId, tag)
  }
  return tag
}

function stamp(source: Buffer, workspaceId: WorkspaceId, kind: number): Buffer {
  const bytes = Buffer.from(source)
  bytes.write(tagOf(workspaceId), 0, 'hex')
  bytes.writeUInt8(kind, TAG_BYTES)
  bytes.writeUInt8(0x80 | (bytes.readUInt8(6) & 0x0f), 6)
  bytes.writeUInt8(0x80 | (bytes.readUInt8(8) & 0x3f), 8)
  return bytes
}

function format(bytes: Buffer): string {
  const hex = bytes.toString('hex')
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

function inConversation(id: string, conversation: string): string {
  return id.slice(0, -CONVERSATION_DIGITS) + conversation
}

function kindHex(kind: number): string {
  return kind.toString(16).padStart(2, '0')
}
