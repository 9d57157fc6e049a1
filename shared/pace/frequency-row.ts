/**
 * One row of what the contacts of a workspace were sent lately: for each message the contact, the campaign and the time,
 * fourteen bytes in all. A campaign counts once with a contact, however often it tries.
 */
import type { Cell } from '../azure/tables.ts'
import type { FrequencyCap } from '../workspaces/schema.ts'

/** Contact to what they were sent. */
export type Sends = Map<string, Sent[]>
interface Sent {
  campaign: string
  /** Unix seconds at which the message was surely out. */
  at: number
}

/** Rows of a workspace. */
export const BUCKETS = 256

const CONTACT_BYTES = 6
const CAMPAIGN_BYTES = 4
export const SEND_BYTES = CONTACT_BYTES + CAMPAIGN_BYTES + 4
/** A cell holds 64 KB. */
const SENDS_PER_CELL = 4_500

/** A worker keeps a page for less than this: what is counted now may go out so much later. */
const LONGEST_VISIT_SECONDS = 1_200

/** The row of a contact: the first free bits of the id, so that neighbours in an audience share it. */
export function bucketOf(contactId: string): number {
  return Number.parseInt(contactId.slice(15, 17), 16)
}

/** True if the contact was sent fewer than the cap by other campaigns, in the hours that count. */
export function hasRoom(sends: Sends, contactId: string, campaignId: string, { cap, nowMs }: Moment): boolean {
  const campaign = campaignKey(campaignId)
  const own = sends.get(contactKey(contactId)) ?? []
  const others = own.filter((sent) => sent.campaign !== campaign && sent.at > oldest({ cap, nowMs }))
  return others.length < cap.messages
}

export interface Moment {
  cap: FrequencyCap
  nowMs: number
}

/**
 * The time that it counts as sent, later than any that stood there before: so it also tells whether somebody has counted
 * the same message since.
 */
export function countSend(sends: Sends, contactId: string, campaignId: string, nowMs: number): number {
  const [contact, campaign, now] = [contactKey(contactId), campaignKey(campaignId), Math.ceil(nowMs / 1000)]
  const own = sends.get(contact) ?? []
  const before = own.find((sent) => sent.campaign === campaign)?.at ?? 0
  const at = Math.max(now + LONGEST_VISIT_SECONDS, before + 1)
  sends.set(contact, [...own.filter((sent) => sent.campaign !== campaign), { campaign, at }])
  return at
}

/** False if it was not counted, or again since. */
export function uncountSend(sends: Sends, contactId: string, campaignId: string, at: number): boolean {
  const [contact, campaign] = [contactKey(contactId), campaignKey(campaignId)]
  const own = sends.get(contact) ?? []
  const others = own.filter((sent) => sent.campaign !== campaign || sent.at !== at)
  if (others.length === own.length) return false
  sends.set(contact, others)
  return true
}

/** Forgets what counts no more. */
export function prune(sends: Sends, moment: Moment): void {
  const since = oldest(moment)
  for (const [contact, own] of sends) {
    const left = own.filter(({ at }) => at > since)
    if (left.length === 0) sends.delete(contact)
    else sends.set(contact, left)
  }
}

export function toCells(sends: Sends): Record<string, Cell> {
  const all = [...sends].flatMap(([contact, own]) => own.map((sent) => ({ contact, ...sent })))
  const cells: Record<string, Cell> = {}
  for (let from = 0; from < all.length; from += SENDS_PER_CELL) {
    cells[`sends${from / SENDS_PER_CELL}`] = packed(all.slice(from, from + SENDS_PER_CELL))
  }
  return cells
}

export function fromCells(cells: Record<string, Cell>): Sends {
  const sends: Sends = new Map()
  for (const [name, cell] of Object.entries(cells)) {
    if (!name.startsWith('sends') || !(cell instanceof Uint8Array)) continue
    const bytes = Buffer.from(cell)
    for (let from = 0; from + SEND_BYTES <= bytes.length; from += SEND_BYTES) {
      const contact = bytes.toString('hex', from, from + CONTACT_BYTES)
      const campaign = bytes.toString('hex', from + CONTACT_BYTES, from + CONTACT_BYTES + CAMPAIGN_BYTES)
      const at = bytes.readUInt32BE(from + CONTACT_BYTES + CAMPAIGN_BYTES)
      sends.set(contact, [...(sends.get(contact) ?? []), { campaign, at }])
    }
  }
  return sends
}

export function sizeOf(sends: Sends): number {
  let size = 0
  for (const own of sends.values()) size += own.length
  return size
}

function packed(all: (Sent & { contact: string })[]): Uint8Array {
  const bytes = Buffer.alloc(all.length * SEND_BYTES)
  for (const [index, { contact, campaign, at }] of all.entries()) {
    const from = index * SEND_BYTES
    bytes.write(contact, from, 'hex')
    bytes.write(campaign, from + CONTACT_BYTES, 'hex')
    bytes.writeUInt32BE(at, from + CONTACT_BYTES + CAMPAIGN_BYTES)
  }
  return bytes
}

/** What was out at this second counts no more. */
function oldest({ cap, nowMs }: Moment): number {
  return Math.floor(nowMs / 1000) - cap.hours * 3600
}

/** The free bits of an id that are not in the number of the row. */
function contactKey(contactId: string): string {
  return contactId.slice(24, 24 + 2 * CONTACT_BYTES)
}

/** The random bits of a campaign's id. */
function campaignKey(campaignId: string): string {
  return campaignId.slice(19, 23) + campaignId.slice(24, 28)
}
