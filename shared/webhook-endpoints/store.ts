/** Webhook endpoints and deliveries in Cosmos DB. */
import type { Stored } from '../azure/cosmos.ts'
import { listNewestFirst } from '../azure/newest-first.ts'
import { retryingConflicts } from '../conflicts.ts'
import type { Deps } from '../deps.ts'
import { isConflict } from '../errors.ts'
import type { Listed, Page } from '../http/paging.ts'
import { isIdOf, type WorkspaceId } from '../ids.ts'
import type { SentEventType } from './events.ts'
import {
  Delivery,
  deliveryPartition,
  EndpointList,
  endpointListId,
  type DeliveryStatus,
  type WebhookEndpoint,
} from './schema.ts'

export function endpointStore({ core }: Pick<Deps['containers'], 'core'>) {
  const findList = (workspaceId: WorkspaceId): Promise<Stored<EndpointList> | undefined> =>
    core.read(endpointListId(workspaceId), workspaceId, (document) => EndpointList.parse(document))
  return {
    /** All of a workspace, in the order they were made. One point read. */
    async list(workspaceId: WorkspaceId): Promise<WebhookEndpoint[]> {
      return (await findList(workspaceId))?.value.endpoints ?? []
    },

    /** Reads, decides and writes; decides anew when somebody else wrote in between. The same list writes nothing. */
    change(workspaceId: WorkspaceId, decide: (endpoints: WebhookEndpoint[]) => WebhookEndpoint[]): Promise<void> {
      return retryingConflicts(async () => {
        const stored = await findList(workspaceId)
        const before = stored?.value.endpoints ?? []
        const endpoints = decide(before)
        if (endpoints === before) return
        const list: EndpointList = {
          id: endpointListId(workspaceId),
          workspace_id: workspaceId,
          type: 'webhook_endpoints',
          v: 1,
          endpoints,
        }
        await (stored ? core.replace(stored, list, workspaceId) : core.create(list, workspaceId))
      })
    },

    removeAll: (workspaceId: WorkspaceId): Promise<void> => core.remove(endpointListId(workspaceId), workspaceId),
  }
}

export interface DeliveryFilter {
  status?: DeliveryStatus | undefined
  event_type?: SentEventType | undefined
}

export function deliveryStore({ deliveries }: Pick<Deps['containers'], 'deliveries'>) {
  const parse = (document: unknown): Delivery => Delivery.parse(document)
  return {
    async find(workspaceId: WorkspaceId, endpointId: string, id: string): Promise<Stored<Delivery> | undefined> {
      if (!isIdOf('other', workspaceId, id)) return undefined
      return deliveries.read(id, deliveryPartition(workspaceId, endpointId), parse)
    },

    /** Does nothing if it exists. */
    async createOnce(delivery: Delivery): Promise<void> {
      try {
        await deliveries.create(delivery, delivery.pk)
      } catch (error) {
        if (!isConflict(error)) throw error
      }
    },

    replace: (stored: Stored<Delivery>, delivery: Delivery): Promise<Stored<Delivery>> =>
      deliveries.replace(stored, delivery, delivery.pk),

    list(workspaceId: WorkspaceId, endpointId: string, filter: DeliveryFilter, page: Page): Promise<Listed<Delivery>> {
      const { status, event_type } = filter
      return listNewestFirst(
        {
          container: deliveries,
          partitions: [deliveryPartition(workspaceId, endpointId)],
          equal: { status, event_type },
          where: { text: "c.type = 'delivery'", parameters: {} },
          page,
          countOnlyIfNeeded: true,
        },
        parse,
      )
    },
  }
}
