/** Phone numbers in Cosmos DB. Wherever a number is named, our own id and Meta's digits both do. */
import type * as z from 'zod'
import type { BatchOperation, Document, Stored } from '../azure/cosmos.ts'
import { listNewestFirst } from '../azure/newest-first.ts'
import type { Deps } from '../deps.ts'
import type { Listed, Page } from '../http/paging.ts'
import { isIdOf, type WorkspaceId } from '../ids.ts'
import { phoneNumberDirectory } from './directory.ts'
import { META_ID, PhoneNumber, type PhoneNumberStatus } from './schema.ts'

export interface PhoneNumberAddress {
  workspaceId: WorkspaceId
  phoneNumberId: string
}

export function phoneNumberStore(containers: Pick<Deps['containers'], 'core' | 'directory'>) {
  const { core } = containers
  const directory = phoneNumberDirectory(containers)
  const parse = (document: unknown): PhoneNumber => PhoneNumber.parse(document)

  const findByMetaId = async (metaId: string): Promise<PhoneNumberAddress | undefined> => {
    const entry = await directory.findNumber(metaId)
    return entry && { workspaceId: entry.value.workspace_id, phoneNumberId: entry.value.phone_number_id }
  }

  const findAny = async (workspaceId: WorkspaceId, ref: string): Promise<Stored<PhoneNumber> | undefined> => {
    let id = ref.toLowerCase()
    if (META_ID.test(id)) {
      const address = await findByMetaId(id)
      if (address?.workspaceId !== workspaceId) return undefined
      id = address.phoneNumberId
    }
    return isIdOf('phoneNumber', workspaceId, id) ? core.read(id, workspaceId, parse) : undefined
  }

  return {
    /** Where Meta's number lives: what a webhook's `metadata.phone_number_id` leads to. One point read. */
    findByMetaId,

    /** By our id (one point read) or Meta's digits (two). */
    async find(workspaceId: WorkspaceId, idOrMetaDigits: string): Promise<Stored<PhoneNumber> | undefined> {
      const stored = await findAny(workspaceId, idOrMetaDigits)
      return stored?.value.deleted_at === undefined ? stored : undefined
    },

    /** Deleted ones too. */
    findAny,

    /** Several workspaces as one list. */
    list(
      workspaceIds: readonly WorkspaceId[],
      status: PhoneNumberStatus | undefined,
      page: Page,
    ): Promise<Listed<PhoneNumber>> {
      return listNewestFirst(
        {
          container: core,
          partitions: workspaceIds,
          equal: { type: 'phone_number', status },
          where: { text: 'NOT IS_DEFINED(c.deleted_at)', parameters: {} },
          page,
          // Workspaces have few numbers.
          countOnlyIfNeeded: true,
        },
        parse,
      )
    },

    /** Throws `conflict` if the id is in use. */
    create: (phoneNumber: PhoneNumber) => core.create(phoneNumber, phoneNumber.workspace_id),

    /** All or nothing. Throws `conflict` if the id is in use, or what else is written has changed. */
    createWith: (phoneNumber: PhoneNumber, others: readonly BatchOperation<Document>[]) =>
      core.batch([{ kind: 'create', document: phoneNumber }, ...others], phoneNumber.workspace_id),

    replace(stored: Stored<PhoneNumber>, phoneNumber: PhoneNumber): Promise<Stored<PhoneNumber>> {
      return core.replace(stored, phoneNumber, phoneNumber.workspace_id)
    },
  }
}

const EXPIRING =
  'SELECT c.id, c.workspace_id, c.token_expires_at FROM c WHERE c.token_expires_at <= @then ' +
  "AND c.type = 'phone_number' AND c.status != 'disabled' AND NOT IS_DEFINED(c.deleted_at)"
const Expiring = PhoneNumber.pick({ id: true, workspace_id: true, token_expires_at: true })
type Expiring = z.output<typeof Expiring>

/** Numbers of all workspaces whose access token will have ended by then. */
export function expiringNumbers({ core }: Pick<Deps['containers'], 'core'>, then: Date): Promise<Expiring[]> {
  // Every partition: once a day, over an index that holds only the numbers with a token that ends.
  return core.query({ text: EXPIRING, parameters: { then: then.toISOString() } }, (row) => Expiring.parse(row))
}
