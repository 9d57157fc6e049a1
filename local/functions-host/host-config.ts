/**
 * host.json, as far as this host acts on it, with the real host's defaults. A value that Azure would refuse is refused here.
 */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'
import { parseTimeSpan } from './timer-schedule.ts'

const TimeSpan = z.string().transform((text, context) => {
  const milliseconds = parseTimeSpan(text)
  if (milliseconds !== undefined) return milliseconds
  context.addIssue({ code: 'custom', message: `"${text}" is not a time span such as 00:00:30` })
  return z.NEVER
})

const Queues = z
  .object({
    batchSize: z.int().min(1).max(32).default(16),
    newBatchThreshold: z.int().min(0).optional(),
    maxDequeueCount: z.int().min(1).default(5),
    visibilityTimeout: TimeSpan.default(0),
    maxPollingInterval: TimeSpan.default(60_000),
    messageEncoding: z.enum(['base64', 'none']).default('base64'),
  })
  .transform((queues) => ({ ...queues, newBatchThreshold: queues.newBatchThreshold ?? queues.batchSize / 2 }))

const HostJson = z.object({
  version: z.literal('2.0'),
  extensions: z
    .object({
      http: z.object({ routePrefix: z.string().default('api') }).prefault({}),
      queues: Queues.prefault({}),
    })
    .prefault({}),
  logging: z
    .object({
      logLevel: z
        .object({
          default: z
            .string()
            .toLowerCase()
            .pipe(z.enum(['trace', 'debug', 'information', 'warning', 'error', 'critical', 'none']))
            .default('information'),
        })
        .prefault({}),
    })
    .prefault({}),
})

export type HostConfig = z.output<typeof HostJson>
export type QueueConfig = HostConfig['extensions']['queues']

export async function readHostConfig(root: string): Promise<HostConfig> {
  const path = join(root, 'host.json')
  const parsed = HostJson.safeParse(JSON.parse(await readFile(path, 'utf8')))
  if (!parsed.success) throw new Error(`${path} is not usable: ${z.prettifyError(parsed.error)}`)
  return parsed.data
}
