/** Applies what Meta reports about people: whether they want marketing messages, and a new user id. */
import * as z from 'zod'
import { contactByUserId, contactForInbound, phoneOf, type InboundPerson } from '../contacts/for-inbound.ts'
import { contactWithNumber } from '../contacts/for-send.ts'
import { recordConsent } from '../contacts/record-consent.ts'
import { changeUserId } from '../contacts/renumber.ts'
import type { Contact } from '../contacts/schema.ts'
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { continueAfterChange } from '../messages/change-of-number.ts'
import type { NumberOwner } from '../phone-numbers/owners.ts'
import type { Change } from './split.ts'

type PersonDeps = Pick<Deps, 'containers' | 'log' | 'now' | 'numberOwners'>

const text = z.string().min(1).optional().catch(undefined)
/** A number in one field and text in another. */
const Seconds = z.coerce.number().int().positive().max(0xffff_ffff)
const Addressed = z.looseObject({ metadata: z.looseObject({ phone_number_id: z.coerce.string() }) })

const Preferences = z.looseObject({ user_preferences: z.array(z.unknown()) })
const Preference = z
  .object({
    wa_id: text,
    user_id: text,
    parent_user_id: text,
    category: z.literal('marketing_messages'),
    value: z.enum(['stop', 'resume', 'signup']),
    timestamp: Seconds,
  })
  .refine(({ wa_id, user_id }) => wa_id !== undefined || user_id !== undefined)

const UserIds = z.looseObject({ user_id_update: z.array(z.unknown()) })
const UserId = z.object({
  wa_id: text,
  user_id: z.object({ previous: text, current: z.string().min(1) }),
  timestamp: Seconds,
})

/** What of the change could not be used: all of it, some of its items, or nothing. Safe to run again. */
export async function applyPersonChange(deps: PersonDeps, change: Change, receivedAt: string): Promise<Change[]> {
  const addressed = Addressed.safeParse(change.value).data
  const owner = addressed && (await deps.numberOwners.findNow(addressed.metadata.phone_number_id))
  if (!owner) return [change]
  const at = (seconds: number) => new Date(Math.min(seconds * 1000, Date.parse(receivedAt))).toISOString()
  if (change.field === 'user_preferences') {
    return eachOf(change, 'user_preferences', Preferences.safeParse(change.value).data?.user_preferences, (item) =>
      applyPreference(deps, owner.workspaceId, item, at),
    )
  }
  return eachOf(change, 'user_id_update', UserIds.safeParse(change.value).data?.user_id_update, (item) =>
    applyUserId(deps, owner, item, at),
  )
}

/** The change with those of its items that `apply` had no use for, if there are some. */
async function eachOf(
  change: Change,
  name: string,
  items: unknown[] | undefined,
  apply: (item: unknown) => Promise<boolean>,
): Promise<Change[]> {
  if (!items) return [change]
  const odd: unknown[] = []
  for (const item of items) if (!(await apply(item))) odd.push(item)
  // The change is an object: its items were found in it.
  return odd.length === 0 ? [] : [{ ...change, value: { ...(change.value as object), [name]: odd } }]
}

/** Who is no contact yet becomes one: a no must be known before anybody creates or imports them. */
async function applyPreference(
  deps: PersonDeps,
  workspaceId: WorkspaceId,
  item: unknown,
  time: (seconds: number) => string,
): Promise<boolean> {
  const told = Preference.safeParse(item).data
  if (!told) return false
  const { wa_id: waId, user_id: userId, parent_user_id: parentUserId, value, timestamp } = told
  const at = time(timestamp)
  const contact = await contactOf(deps, workspaceId, { waId, userId, parentUserId, at })
  const key = `meta\n${userId ?? waId ?? ''}\n${value}\n${timestamp}`
  const kind = value === 'stop' ? 'opt_out' : 'opt_in'
  const changed = await recordConsent(deps, workspaceId, contact.id, { kind, at, source: 'meta', key })
  if (changed) deps.log.info('contact.consent', { workspace_id: workspaceId, contact_id: changed.id, kind })
  return true
}

/** A deleted contact stays deleted by this, and keeps what the person said. */
async function contactOf(deps: PersonDeps, workspaceId: WorkspaceId, person: InboundPerson): Promise<Contact> {
  const { waId, userId } = person
  const byNumber = waId === undefined ? undefined : await contactWithNumber(deps, workspaceId, phoneOf(waId))
  const known = byNumber ?? (userId === undefined ? undefined : await contactByUserId(deps, workspaceId, userId))
  return known?.deleted === true ? known : contactForInbound(deps, workspaceId, person)
}

/** Their conversation goes on under the new id; where the number is known, that names it. */
async function applyUserId(
  deps: PersonDeps,
  { workspaceId, phoneNumberId }: NumberOwner,
  item: unknown,
  time: (seconds: number) => string,
): Promise<boolean> {
  const told = UserId.safeParse(item).data
  if (!told) return false
  const { wa_id: waId, user_id, timestamp } = told
  const { previous: from, current: to } = user_id
  const at = time(timestamp)
  await changeUserId(deps, workspaceId, { waId, ...user_id, at })
  if (waId === undefined && from !== undefined) {
    await continueAfterChange(deps, { workspaceId, phoneNumberId }, { from, to, at })
  }
  return true
}
