/**
 * What is remembered of a timer between starts: the blob `timers/<host id>/<function>/status` in the container
 * `azure-webjobs-hosts`, in the form Azure's host writes it.
 */
import { RestError, type ContainerClient } from '@azure/storage-blob'
import * as z from 'zod'
import type { RegisteredFunction } from './core-types.ts'
import { errorFields, logEvent } from './log.ts'
import type { Schedule } from './timer-schedule.ts'

export interface ScheduleStatus {
  /** Undefined: it never fired. */
  readonly last: Date | undefined
  readonly next: Date
  readonly lastUpdated: Date | undefined
}

export interface StatusBlob {
  read(schedule: Schedule): Promise<ScheduleStatus | undefined>
  write(status: ScheduleStatus): Promise<void>
}

/** .NET's "no date", year 1, stands for never. */
const never = '0001-01-01T00:00:00'
const PastDate = z.string().transform((text) => (text.startsWith('0001-') ? undefined : new Date(text)))
const Stored = z.object({ Last: PastDate, Next: z.string().transform((text) => new Date(text)), LastUpdated: PastDate })

export function openStatus(container: ContainerClient, hostId: string, { metadata }: RegisteredFunction): StatusBlob {
  const blob = container.getBlockBlobClient(`timers/${hostId}/${metadata.name}/status`)
  return {
    async read(schedule) {
      try {
        const stored = Stored.parse(JSON.parse((await blob.downloadToBuffer()).toString('utf8')))
        const status = { last: stored.Last, next: stored.Next, lastUpdated: stored.LastUpdated }
        return underCurrentSchedule(status, schedule)
      } catch (error) {
        if (!isMissing(error)) logStatusError(metadata.name, error)
        return undefined
      }
    },
    async write({ last, next, lastUpdated }) {
      const text = JSON.stringify({
        Last: last?.toISOString() ?? never,
        Next: next.toISOString(),
        LastUpdated: lastUpdated?.toISOString() ?? never,
      })
      // Best effort, as in Azure: a timer goes on firing when its status cannot be stored.
      await blob.upload(text, Buffer.byteLength(text)).catch((error: unknown) => logStatusError(metadata.name, error))
    },
  }
}

/** The client asks for the blob's size first, and Azurite's answer to that has no error code when there is no blob. */
function isMissing(error: unknown): boolean {
  return error instanceof RestError && error.statusCode === 404
}

/** If the schedule was changed since, what it would have been next counts, not what the old schedule said. */
function underCurrentSchedule(status: ScheduleStatus, schedule: Schedule): ScheduleStatus {
  const since = status.lastUpdated ?? status.last
  if (!since) return status
  return { ...status, next: schedule.next(since) }
}

export function isPastDue(status: ScheduleStatus, now: Date): boolean {
  return now > status.next
}

function logStatusError(functionName: string, error: unknown): void {
  logEvent('error', 'timer.status-failed', { function: functionName, ...errorFields(error) })
}
