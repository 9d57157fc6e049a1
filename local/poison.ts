/**
 * `npm run poison -- [--queue outbound-sends [--requeue | --drop]]`: shows what waits in the poison queues of the system that
 * local.settings.json (or the environment) names, moves it back into its queue, or deletes it.
 */
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import type { QueueServiceClient } from '@azure/storage-queue'
import { QUEUES, type QueueName } from '../shared/azure/resources.ts'
import { loadConfig } from '../shared/config.ts'
import { applyLocalSettings } from './functions-host/settings.ts'

const SETTINGS = 'local.settings.json'

try {
  const { queue, requeue, drop } = readOptions()
  if (existsSync(SETTINGS)) await applyLocalSettings(SETTINGS, process.env)
  // Imported here because the Azure SDKs take long to load, and a wrong option needs none of them.
  const { queueService } = await import('../shared/azure/storage.ts')
  const { dropPoison, peekPoison, requeuePoison } = await import('../shared/azure/poison.ts')
  const service = queueService(loadConfig(process.env))
  if (queue === undefined) await showDepths(service)
  else if (requeue) console.log(`${await requeuePoison(service, queue)} messages are in ${queue} again.`)
  else if (drop) console.log(`${await dropPoison(service, queue)} messages were deleted.`)
  else for (const { since, text } of await peekPoison(service, queue)) console.log(`${since.toISOString()} ${text}`)
} catch (error) {
  console.error(error instanceof Error ? error.message : error)
  process.exitCode = 1
}

function readOptions(): { queue: QueueName | undefined; requeue: boolean; drop: boolean } {
  const { values } = parseArgs({
    options: {
      queue: { type: 'string' },
      requeue: { type: 'boolean', default: false },
      drop: { type: 'boolean', default: false },
    },
  })
  const { requeue, drop } = values
  const queue = QUEUES.find((name) => name === values.queue)
  if (values.queue !== undefined && queue === undefined) {
    throw new Error(`--queue has to be one of ${QUEUES.join(', ')}, without -poison`)
  }
  if (requeue && drop) throw new Error('Give --requeue or --drop, not both')
  if ((requeue || drop) && queue === undefined) throw new Error(`--${requeue ? 'requeue' : 'drop'} needs a --queue`)
  return { queue, requeue, drop }
}

async function showDepths(service: QueueServiceClient) {
  const { poisonDepths } = await import('../shared/azure/queues.ts')
  const filled = (await poisonDepths(service)()).filter(({ depth }) => depth > 0)
  for (const { queue, depth } of filled) console.log(`${queue.padEnd(24)} ${depth}`)
  if (filled.length === 0) console.log('No poison queue holds anything.')
}
