/** Every container, table, queue and blob container Herald uses: declared here once, for the cloud, local development and tests. */

export interface ContainerDeclaration {
  partitionKey: readonly string[]
  /** Paths that are filtered or sorted by; everything else is kept out of the index, because every indexed term is paid for. */
  indexed: readonly string[]
  /** One list of paths for each ORDER BY over several fields, as `path` or `path desc`. */
  composite: readonly (readonly string[])[]
  /** Seconds; -1 lets single items carry their own `ttl`. */
  defaultTtl?: number
}

export const CONTAINERS = {
  directory: { partitionKey: ['/id'], indexed: [], composite: [], defaultTtl: -1 },
  core: {
    partitionKey: ['/workspace_id'],
    indexed: [
      '/type',
      '/status',
      '/created_at',
      '/phone_number_id',
      '/category',
      '/in_motion',
      '/due_at',
      '/deleted_at',
      '/kind',
      '/name',
      '/token_expires_at',
    ],
    composite: [['/created_at desc', '/id desc']],
  },
  contacts: {
    partitionKey: ['/workspace_id'],
    indexed: [
      '/type',
      '/id',
      '/opted_in',
      '/deleted',
      '/deleted_at',
      '/created_at',
      '/at',
      '/tags_folded/[]',
      '/name_folded',
      '/username_folded',
      '/digits_reversed',
      '/contact_id',
    ],
    composite: [['/created_at desc', '/id desc']],
  },
  // Sending, statuses and receiving find every item by its id, which carries the conversation. The index is for the inbox.
  messages: {
    partitionKey: ['/workspace_id', '/conversation'],
    indexed: [
      '/workspace_id',
      '/conversation',
      '/id',
      '/type',
      '/created_at',
      '/last_activity_at',
      '/direction',
      '/kind',
      '/status',
      '/conversation_id',
      '/contact_id',
      '/phone_number_id',
      '/wa_message_id',
      '/unread_count',
      '/last_inbound_at',
      '/continued_in/conversation_id',
    ],
    composite: [
      ['/created_at desc', '/id desc'],
      ['/last_activity_at desc', '/id desc'],
    ],
  },
  pages: { partitionKey: ['/pk'], indexed: [], composite: [] },
  // Events for customers' endpoints, each kept for a while.
  deliveries: {
    partitionKey: ['/pk'],
    indexed: ['/type', '/status', '/event_type', '/created_at'],
    composite: [['/created_at desc', '/id desc']],
    defaultTtl: -1,
  },
} as const satisfies Record<string, ContainerDeclaration>

/** `facts`, `throttle`, `idempotency` and `usage` begin the names of tables that code makes, one for each month. */
export const TABLES = {
  facts: 'facts',
  pace: 'pace',
  throttle: 'throttle',
  idempotency: 'idempotency',
  usage: 'usage',
} as const

/** `imports` holds uploaded contact files, their parts and results. */
export const BLOB_CONTAINERS = ['media', 'imports', 'webhook-bodies', 'webhook-parked', 'webhook-archive'] as const

/** Days after which Azure Storage itself deletes a blob; what is not named here stays until code deletes it. */
export const BLOB_RETENTION_DAYS = {
  // What was imported is in Cosmos DB: files of contacts, their parts and results have no use beyond their downloads.
  imports: 30,
  // Applied within seconds, as a rule. Of a message that failed too often, this is the time to look at it.
  'webhook-bodies': 30,
  'webhook-parked': 90,
  // What people wrote: kept for as long as a replay may be needed.
  'webhook-archive': 30,
} as const satisfies Partial<Record<BlobContainerName, number>>

/** Campaign steps, pages to send, single messages to send, template submissions, and one queue for each kind of webhook event. */
export const QUEUES = [
  'campaign-planning',
  'campaign-release',
  'outbound-sends',
  // Apart from the pages of campaigns: a person's answer must not wait behind minutes of them.
  'outbound-messages',
  'template-submissions',
  'media-cleanup',
  // Files of contacts that are too large for a request, part by part.
  'contact-imports',
  // What follows from received messages: their files, and Meta told that they were read.
  'inbound-media',
  'read-receipts',
  'workspace-changes',
  // Over many contacts, or all that is held about one.
  'contact-jobs',
  'contact-erasures',
  'webhook-messages',
  'webhook-statuses',
  'webhook-account',
  // Out to customers: writes to look at again, first attempts, and attempts at endpoints that are in trouble.
  'endpoint-changes',
  'endpoint-deliveries',
  'endpoint-retries',
] as const

/** What holds them: each is reached, and can fail, by itself. */
export const STORES = ['cosmos', 'queues', 'blobs', 'tables'] as const

export type StoreName = (typeof STORES)[number]
export type ContainerName = keyof typeof CONTAINERS
export type QueueName = (typeof QUEUES)[number]
export type BlobContainerName = (typeof BLOB_CONTAINERS)[number]
