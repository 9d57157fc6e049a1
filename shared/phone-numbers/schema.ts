/** A WhatsApp Business phone number as stored, and what its limits mean in numbers. */
import * as z from 'zod'
import type { Config } from '../config.ts'
import { open, seal } from '../crypto/secret-box.ts'
import { WorkspaceId } from '../ids.ts'

/** How Meta names its own things: digits, more than a number can hold. */
export const META_ID = /^\d{1,32}$/

export const PhoneNumberStatus = z.enum(['pending', 'active', 'disabled'])
export type PhoneNumberStatus = z.output<typeof PhoneNumberStatus>

/**
 * What keeps the number from sending, or soon may (`warning`), in words for a person: Meta said so in answer to a send, or about
 * the account. Gone once Meta is asked and has nothing against it, or says that it is over.
 */
export const Trouble = z.object({
  kind: z.enum(['token', 'account', 'number', 'warning']),
  reason: z.string(),
  since: z.string(),
})
export type Trouble = z.output<typeof Trouble>

/** In `core`, in its workspace's partition. */
export const PhoneNumber = z.object({
  id: z.uuid(),
  workspace_id: WorkspaceId,
  type: z.literal('phone_number'),
  v: z.literal(1),
  /** Meta's id of the number; `directory` makes it unique across workspaces. */
  meta_id: z.string(),
  /** The WhatsApp Business Account; without it no template can be submitted. */
  waba_id: z.string().nullable(),
  /** The number itself, digits only, as webhooks name it. */
  display_digits: z.string(),
  display_name: z.string().nullable(),
  verified_name: z.string().nullable(),
  quality_rating: z.string(),
  /** Meta's word for the portfolio's messaging limit; `message_limit` is the same as a number. */
  tier: z.string().nullable(),
  message_limit: z.int(),
  throughput_level: z.string(),
  /** True while the WhatsApp Business app uses the number too: Meta then allows much fewer messages per second. */
  is_coexistence: z.boolean(),
  /** Meta's word; CONNECTED is the only one that can send. */
  meta_status: z.string(),
  status: PhoneNumberStatus,
  /** False if Meta refused to send our app the account's webhooks (the token may lack the permission). */
  is_subscribed: z.boolean(),
  /** Meta's access token, sealed. */
  access_token: z.string(),
  /** The secret of the Meta app that sends this number's webhooks, sealed; null: this server's own app does. */
  app_secret: z.string().nullable().default(null),
  /** When Meta will stop taking the token; null if never, or if Meta did not tell. */
  token_expires_at: z.string().nullable().default(null),
  /** When Meta last refused the token; null again once it takes one. Status stays: Meta decides about every send. */
  token_refused_at: z.string().nullable().default(null),
  trouble: Trouble.nullable().default(null),
  /** The last event about the account that was applied: older ones tell nothing new. */
  /** The request with an Idempotency-Key that connected it. */
  made_by: z.string().optional(),
  account_event: z.object({ at: z.string(), event: z.string() }).optional(),
  /** When Meta was last asked for everything above. */
  synced_at: z.string().nullable().default(null),
  verified_at: z.string().nullable(),
  created_at: z.string(),
  updated_at: z.string(),
  /** Set for good by a deletion: for what was made with the number, the row stays. */
  deleted_at: z.string().optional(),
})
export type PhoneNumber = z.output<typeof PhoneNumber>

type Key = Pick<Config, 'keyring'>
type Row = Pick<PhoneNumber, 'id' | 'workspace_id'>

export function sealToken({ keyring }: Key, row: Row, token: string): string {
  return seal(keyring, token, tokenContext(row))
}

/** The access token in clear. It goes into the Authorization header of a Graph call, and nowhere else. */
export function tokenOf({ keyring }: Key, phoneNumber: PhoneNumber): string {
  return open(keyring, phoneNumber.access_token, tokenContext(phoneNumber))
}

export function sealAppSecret({ keyring }: Key, row: Row, secret: string): string {
  return seal(keyring, secret, appSecretContext(row))
}

/** The app secret in clear, for checking signatures and for nothing else; undefined if the number has none. */
export function appSecretOf({ keyring }: Key, phoneNumber: PhoneNumber): string | undefined {
  if (phoneNumber.app_secret === null) return undefined
  return open(keyring, phoneNumber.app_secret, appSecretContext(phoneNumber))
}

/** Not the token's: neither box opens in the place of the other. */
function appSecretContext({ id, workspace_id }: Row): string {
  return `phone-number-app-secret:${workspace_id}:${id}`
}

function tokenContext({ id, workspace_id }: Row): string {
  return `phone-number:${workspace_id}:${id}`
}

/** Messages per second that Meta takes from this number. */
export function ratePerSecond(phoneNumber: Pick<PhoneNumber, 'is_coexistence' | 'throughput_level'>): number {
  if (phoneNumber.is_coexistence) return 20
  return phoneNumber.throughput_level === 'HIGH' ? 1000 : 80
}

/** What `message_limit` says while Meta has not told, as the API document has it. */
export const DEFAULT_MESSAGE_LIMIT = 1000
/** What `message_limit` says for TIER_UNLIMITED: the largest 32-bit integer, because clients may hold it in one. */
export const UNLIMITED = 2_147_483_647

/** People the portfolio may write to first in 24 hours; undefined where Meta sets no limit, or did not tell it. */
export function usersPerDay({ tier }: Pick<PhoneNumber, 'tier'>): number | undefined {
  return tier !== null && TIER.test(tier) ? messageLimitOf(tier) : undefined
}

/** Whose sends count together for that limit. */
export function portfolioOf({ waba_id, meta_id }: Pick<PhoneNumber, 'waba_id' | 'meta_id'>): string {
  return waba_id ?? meta_id
}

const TIER = /^TIER_(\d{1,6})(K?)$/

/** TIER_250, TIER_2K, TIER_100K, TIER_UNLIMITED … as a number of recipients in 24 hours. */
export function messageLimitOf(tier: string | null): number {
  if (tier === 'TIER_UNLIMITED') return UNLIMITED
  const [, digits, thousand] = TIER.exec(tier ?? '') ?? []
  if (digits === undefined) return DEFAULT_MESSAGE_LIMIT
  return Number(digits) * (thousand === 'K' ? 1000 : 1)
}
