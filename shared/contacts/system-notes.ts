/** What WhatsApp tells about a person in messages of the type `system`: another number, another user id, another device. */
import * as z from 'zod'
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { contactId, userContactId } from './schema.ts'
import { changeNumber, changeUserId } from './renumber.ts'
import { contactStore } from './store.ts'

export interface SystemNote {
  /** `from` and `from_user_id` of the message: the person as they were known. */
  waId?: string | undefined
  userId?: string | undefined
  /** Meta's time, ISO 8601. */
  at: string
  /** `system` and `identity` of the message, as Meta sent them. */
  system: unknown
  identity?: unknown
}

const text = z.string().min(1)
const digits = text.transform((number) => number.replace(/\D/g, '')).pipe(text)
const System = z.union([
  // Older versions wrote another key, and another name of it.
  z
    .object({
      type: z.enum(['user_changed_number', 'customer_changed_number']),
      wa_id: digits.optional(),
      new_wa_id: digits.optional(),
    })
    .transform(({ wa_id, new_wa_id }) => ({ kind: 'number' as const, toWaId: wa_id ?? new_wa_id ?? '' }))
    .refine(({ toWaId }) => toWaId !== ''),
  z
    .object({ type: z.literal('user_changed_user_id'), user_id: text })
    .transform(({ user_id }) => ({ kind: 'user_id' as const, current: user_id })),
  z.object({ type: z.literal('customer_identity_changed') }).transform(() => ({ kind: 'identity' as const })),
])
const Identity = z.object({ hash: text })

type NoteDeps = Pick<Deps, 'containers' | 'now' | 'log'> & Partial<Pick<Deps, 'backOff'>>

/** False for a note that Herald does not know. Applying one again changes nothing. */
export async function applySystemNote(deps: NoteDeps, workspaceId: WorkspaceId, note: SystemNote): Promise<boolean> {
  const system = System.safeParse(note.system).data
  const { waId, userId, at } = note
  switch (system?.kind) {
    case 'number':
      await changeNumber(deps, workspaceId, { waId, userId, toWaId: system.toWaId, at })
      return true
    case 'user_id':
      await changeUserId(deps, workspaceId, { waId, previous: userId, current: system.current, at })
      return true
    case 'identity':
      await noteIdentity(deps, workspaceId, note)
      return true
    case undefined:
      return false
  }
}

/** Kept with the contact; Meta goes on to deliver, so nothing stops. */
async function noteIdentity(
  { containers, now, backOff }: NoteDeps,
  workspaceId: WorkspaceId,
  { waId, userId, at, identity }: SystemNote,
): Promise<void> {
  const store = contactStore(containers)
  const ids = [
    ...(waId === undefined ? [] : [contactId(workspaceId, waId)]),
    ...(userId === undefined ? [] : [userContactId(workspaceId, userId)]),
  ]
  await retryingConflicts(async () => {
    for (const id of ids) {
      const stored = await store.find(workspaceId, id)
      if (!stored) continue
      if ((stored.value.identity?.changed_at ?? '') >= at) return
      const hash = Identity.safeParse(identity).data?.hash ?? null
      const changed = { ...stored.value, identity: { hash, changed_at: at }, updated_at: now().toISOString() }
      await store.replace(stored, changed)
      return
    }
  }, backOff)
}
