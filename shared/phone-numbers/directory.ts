/**
 * What `directory` knows about phone numbers: which row holds a number of Meta's (unique everywhere), and which
 * workspaces use a WhatsApp Business Account (so that webhooks about the account find them).
 */
import * as z from 'zod'
import type { Stored } from '../azure/cosmos.ts'
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import { isConflict } from '../errors.ts'
import { WorkspaceId } from '../ids.ts'

const NumberEntry = z.object({
  id: z.string(),
  type: z.literal('meta_number'),
  v: z.literal(1),
  workspace_id: WorkspaceId,
  phone_number_id: z.uuid(),
  claimed_at: z.string(),
})
export type NumberEntry = z.output<typeof NumberEntry>

const WabaEntry = z.object({
  id: z.string(),
  type: z.literal('waba'),
  v: z.literal(1),
  workspaces: z.array(z.object({ workspace_id: WorkspaceId })),
})

export interface Claim {
  workspaceId: WorkspaceId
  phoneNumberId: string
  at: string
}

export function phoneNumberDirectory({ directory }: Pick<Deps['containers'], 'directory'>) {
  const findNumber = (metaId: string): Promise<Stored<NumberEntry> | undefined> => {
    const id = numberEntryId(metaId)
    return directory.read(id, id, (document) => NumberEntry.parse(document))
  }
  return {
    findNumber,

    /** Throws `conflict` if the number has an entry. */
    async claimNumber(metaId: string, claim: Claim): Promise<void> {
      const entry = numberEntry(metaId, claim)
      await directory.create(entry, entry.id)
    },

    /** Makes the number free for everybody, unless somebody took over its entry meanwhile. */
    async releaseNumber(metaId: string, phoneNumberId: string): Promise<void> {
      const stored = await findNumber(metaId)
      if (stored?.value.phone_number_id !== phoneNumberId) return
      try {
        await directory.remove(stored.value.id, stored.value.id, stored.etag)
      } catch (error) {
        if (!isConflict(error)) throw error
      }
    },

    /** Takes over an entry whose row was never written, or is deleted. Throws `conflict` if the entry changed since it was read. */
    async reclaimNumber(stored: Stored<NumberEntry>, metaId: string, claim: Claim): Promise<void> {
      const entry = numberEntry(metaId, claim)
      await directory.replace(stored, entry, entry.id)
    },

    /** Notes that the workspace uses the account; a second run changes nothing. */
    async addToWaba(wabaId: string, workspaceId: WorkspaceId): Promise<void> {
      const id = wabaEntryId(wabaId)
      await retryingConflicts(async () => {
        const stored = await directory.read(id, id, (document) => WabaEntry.parse(document))
        const workspaces = [{ workspace_id: workspaceId }]
        if (!stored) {
          await directory.create({ id, type: 'waba', v: 1, workspaces }, id)
        } else if (!stored.value.workspaces.some((known) => known.workspace_id === workspaceId)) {
          const joined = { ...stored.value, workspaces: [...stored.value.workspaces, ...workspaces] }
          await directory.replace(stored, joined, id)
        }
      })
    },

    /** The account's webhooks lead to the workspace no more; a second run changes nothing. */
    removeFromWaba: (wabaId: string, workspaceId: WorkspaceId) => leaveWaba(directory, wabaId, workspaceId),

    /** The workspaces with a number of this account. */
    async workspacesOfWaba(wabaId: string): Promise<WorkspaceId[]> {
      const id = wabaEntryId(wabaId)
      const stored = await directory.read(id, id, (document) => WabaEntry.parse(document))
      return (stored?.value.workspaces ?? []).map(({ workspace_id }) => workspace_id)
    },
  }
}

async function leaveWaba(
  directory: Deps['containers']['directory'],
  wabaId: string,
  workspaceId: WorkspaceId,
): Promise<void> {
  const id = wabaEntryId(wabaId)
  await retryingConflicts(async () => {
    const stored = await directory.read(id, id, (document) => WabaEntry.parse(document))
    const workspaces = (stored?.value.workspaces ?? []).filter((known) => known.workspace_id !== workspaceId)
    if (!stored || workspaces.length === stored.value.workspaces.length) return
    await directory.replace(stored, { ...stored.value, workspaces }, id)
  })
}

function numberEntry(metaId: string, { workspaceId, phoneNumberId, at }: Claim): NumberEntry {
  return {
    id: numberEntryId(metaId),
    type: 'meta_number',
    v: 1,
    workspace_id: workspaceId,
    phone_number_id: phoneNumberId,
    claimed_at: at,
  }
}

function numberEntryId(metaId: string): string {
  return `meta-number:${metaId}`
}

function wabaEntryId(wabaId: string): string {
  return `waba:${wabaId}`
}
