/** Every queue and timer, and the verb that handles it. A throw means: deliver this again. */
import { app } from '@azure/functions'
import type { QueueName } from '../shared/azure/resources.ts'
import { conductCampaign } from '../shared/campaigns/conduct.ts'
import { planCampaign } from '../shared/campaigns/plan.ts'
import { startDueCampaigns } from '../shared/campaigns/start-due.ts'
import { sweepCampaigns } from '../shared/campaigns/sweep.ts'
import { runBulk } from '../shared/contacts/bulk/run.ts'
import { erasePerson } from '../shared/contacts/erase/erase.ts'
import type { Deps } from '../shared/deps.ts'
import { withLogFields } from '../shared/log.ts'
import { runImport } from '../shared/imports/run.ts'
import { sweepImports } from '../shared/imports/sweep.ts'
import { cleanUpMedia } from '../shared/media/clean-up.ts'
import { fetchMedia } from '../shared/messages/fetch-media.ts'
import { sendReadReceipt } from '../shared/messages/mark-read.ts'
import { sendMessage } from '../shared/messages/send.ts'
import { QUEUE_MESSAGES, type QueueMessage } from '../shared/queue/messages.ts'
import { warnOfExpiry } from '../shared/phone-numbers/warn-of-expiry.ts'
import { watchPoison } from '../shared/queue/watch-poison.ts'
import { sendPages } from '../shared/recipients/send-pages.ts'
import { tracedMessage, tracedTimer } from '../shared/telemetry/work.ts'
import { submitTemplate } from '../shared/templates/submit.ts'
import { deliverEvent, retryDelivery } from '../shared/webhook-endpoints/deliver.ts'
import { tellChanges } from '../shared/webhook-endpoints/tell-changes.ts'
import { applyAccountEvents } from '../shared/webhooks/apply-account.ts'
import { applyMessages } from '../shared/webhooks/apply-messages.ts'
import { applyStatuses } from '../shared/webhooks/apply-statuses.ts'
import { settleChange } from '../shared/workspaces/settle.ts'

const HANDLERS: { [Name in QueueName]: (deps: Deps, message: QueueMessage<Name>) => Promise<void> } = {
  'campaign-planning': planCampaign,
  'campaign-release': conductCampaign,
  'outbound-sends': sendPages,
  'outbound-messages': sendMessage,
  'template-submissions': submitTemplate,
  'media-cleanup': cleanUpMedia,
  'contact-imports': runImport,
  'inbound-media': fetchMedia,
  'read-receipts': sendReadReceipt,
  'workspace-changes': settleChange,
  'contact-jobs': runBulk,
  'contact-erasures': erasePerson,
  'webhook-messages': applyMessages,
  'webhook-statuses': applyStatuses,
  'webhook-account': applyAccountEvents,
  'endpoint-changes': tellChanges,
  'endpoint-deliveries': deliverEvent,
  'endpoint-retries': retryDelivery,
}

const TIMERS: Record<string, { schedule: string; run: (deps: Deps) => Promise<unknown> }> = {
  'sweep-campaigns': { schedule: '0 * * * * *', run: sweepCampaigns },
  'sweep-imports': { schedule: '0 * * * * *', run: sweepImports },
  'start-due-campaigns': { schedule: '0 * * * * *', run: startDueCampaigns },
  'watch-poison': { schedule: '0 */5 * * * *', run: watchPoison },
  'warn-of-expiry': { schedule: '0 30 7 * * *', run: warnOfExpiry },
}

export function registerQueues(deps: () => Promise<Deps>): void {
  // The keys of HANDLERS are queue names by its type.
  for (const name of Object.keys(HANDLERS) as QueueName[]) registerQueue(name, deps)
  for (const [name, { schedule, run }] of Object.entries(TIMERS)) {
    app.timer(name, {
      schedule,
      handler: async () => {
        const built = await deps()
        await tracedTimer(built.telemetry, name, () => run(built))
      },
    })
  }
}

function registerQueue<Name extends QueueName>(name: Name, deps: () => Promise<Deps>): void {
  app.storageQueue(name, {
    queueName: name,
    connection: 'AzureWebJobsStorage',
    handler: async (entry, context) => {
      const built = await deps()
      const dequeueCount = context.triggerMetadata?.['dequeueCount']
      const received = { queue: name, message: entry, dequeueCount, now: built.now() }
      await withLogFields({ queue: name, invocation_id: context.invocationId }, () =>
        tracedMessage(built.telemetry, received, async () => {
          try {
            // A message that does not fit its schema ends in the poison queue.
            const message = QUEUE_MESSAGES[name].parse(typeof entry === 'string' ? parsed(entry) : entry)
            // The schema of `name` gives the message of `name`: TypeScript does not follow the shared key.
            await HANDLERS[name](built, message as QueueMessage<Name>)
          } catch (error) {
            built.log.error('queue.failed', { error, dequeue_count: dequeueCount })
            throw error
          }
        }),
      )
    },
  })
}

/** The host parses what looks like JSON and hands over the rest as text. */
function parsed(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    // Not the parser's own error: it quotes the text, and the host logs what is thrown.
    throw new Error('The queue message is not JSON')
  }
}
