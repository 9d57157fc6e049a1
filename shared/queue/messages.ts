/** What each queue carries. Ids and never documents or secrets; `workspace_id` wherever the workspace is known. */
import * as z from 'zod'
import type { QueueName } from '../azure/resources.ts'
import { WorkspaceId } from '../ids.ts'
import { EventType, HappenedEvent } from '../webhook-endpoints/events.ts'

const CampaignStep = z.object({ workspace_id: WorkspaceId, campaign_id: z.uuid(), execution_id: z.uuid() })

/** Parts of webhook bodies, or the name of the blob that holds them when they are too large for a queue message. */
const WebhookEvents = z.union([
  z.object({ received_at: z.string(), changes: z.array(z.unknown()) }),
  z.object({ received_at: z.string(), blob: z.string() }),
])

/** One attempt to deliver an event to an endpoint of a workspace's. */
const EndpointDelivery = z.object({
  workspace_id: WorkspaceId,
  endpoint_id: z.uuid(),
  delivery_id: z.uuid(),
  /** Attempts made before this one: what was made meanwhile is not made again. */
  attempt: z.int(),
  /** A person asked for it, whatever became of it before. */
  again: z.literal(true).optional(),
})

export const QUEUE_MESSAGES = {
  'campaign-planning': CampaignStep.extend({
    /** In a retry: pages before this one were looked at. */
    reopen_from: z.int().optional(),
  }),
  'campaign-release': CampaignStep.extend({
    turn: z.int(),
    /** After the campaign came to rest: brings its stored counters up to date, for the so manieth time. */
    refresh: z.int().optional(),
    /** After a cancel in the middle of a retry: pages before this one were closed. */
    close_from: z.int().optional(),
  }),
  'outbound-sends': CampaignStep.extend({
    page: z.int(),
    /** So many pages, this one and those behind it; absent: this one. */
    pages: z.int().min(1).optional(),
    /** When the conductor queued it, unix milliseconds: a page follows only the latest. */
    release: z.int(),
  }),
  'outbound-messages': z.object({
    workspace_id: WorkspaceId,
    message_id: z.uuid(),
    /** The one that keeps coming back until the message is settled: see messages/send.ts. */
    guard: z.boolean(),
  }),
  'template-submissions': z.object({
    workspace_id: WorkspaceId,
    template_id: z.uuid(),
    queued_at: z.iso.datetime(),
    /** The template's task that this is for; absent: to submit it for the first time. */
    task_id: z.uuid().optional(),
    /** No task: Meta changed it, and is to be asked how. */
    refresh: z.literal(true).optional(),
  }),
  /** A blob that is removed unless a media file of that id has it, and with a deleted file its copies at Meta. */
  'media-cleanup': z.object({
    workspace_id: WorkspaceId,
    media_id: z.uuid(),
    blob: z.uuid(),
    /** To delete the copies. */
    tries: z.int().optional(),
  }),
  /** An import goes on from where it is. */
  'contact-imports': z.object({ workspace_id: WorkspaceId, import_id: z.uuid() }),
  /** A received message whose file is to be fetched from Meta. */
  'inbound-media': z.object({ workspace_id: WorkspaceId, message_id: z.uuid() }),
  'read-receipts': z.object({ workspace_id: WorkspaceId, conversation_id: z.uuid(), wamid: z.string() }),
  /** `is_watch`: no step, but a look whether the steps come on: see contacts/bulk/watch.ts. */
  'contact-jobs': z.object({ workspace_id: WorkspaceId, job_id: z.uuid(), is_watch: z.literal(true).optional() }),
  /** `look`: how often it was looked for what came meanwhile: see contacts/erase/erase.ts. */
  'contact-erasures': z.object({ workspace_id: WorkspaceId, contact_id: z.uuid(), look: z.int() }),
  /** Something beside a workspace's document, or a user's note of it, is to follow it: see workspaces/settle.ts. */
  'workspace-changes': z.object({ workspace_id: WorkspaceId, user_id: z.uuid().optional() }),
  'webhook-messages': WebhookEvents,
  'webhook-statuses': WebhookEvents,
  'webhook-account': WebhookEvents,
  /** Ahead of a write that is an event: what it tells, and the document to look at. */
  'endpoint-changes': z.object({
    workspace_id: WorkspaceId,
    container: z.enum(['core', 'contacts']),
    changes: z.array(z.object({ document_id: z.string(), event: HappenedEvent.extend({ type: EventType }) })),
  }),
  'endpoint-deliveries': EndpointDelivery,
  'endpoint-retries': EndpointDelivery,
} as const satisfies Record<QueueName, z.ZodType>

export type QueueMessage<Name extends QueueName> = z.output<(typeof QUEUE_MESSAGES)[Name]>

export interface SendOptions {
  /** The message stays hidden for so long; whole seconds, at most 7 days. */
  delaySeconds?: number
}

export interface Queues {
  /** Returns once the message is durable. */
  send<Name extends QueueName>(queue: Name, message: QueueMessage<Name>, options?: SendOptions): Promise<void>
}
