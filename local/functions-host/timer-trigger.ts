/**
 * Timer functions. Of all hosts on one storage account only the one that holds the lease fires them. For schedules of a
 * minute and more the last and next occurrence are kept in a blob, so that one missed while no host ran is made up for,
 * once, with `isPastDue`. `runOnStartup` and retry policies are as in Azure.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { ContainerClient } from '@azure/storage-blob'
import { runAsSingleton } from './blob-lease.ts'
import type { InvocationRequest, RegisteredFunction, RetryOptions } from './core-types.ts'
import { invoke, newInvocation } from './invoke.ts'
import { errorFields, logEvent } from './log.ts'
import { resolveSettings } from './settings.ts'
import { parseSchedule, type Schedule } from './timer-schedule.ts'
import { isPastDue, openStatus, type ScheduleStatus, type StatusBlob } from './timer-status.ts'

export interface TimerTriggers {
  /** Fires no more and waits for a running one; false if it still ran when the time was over. */
  stop(graceMilliseconds: number): Promise<boolean>
}

export interface Timer {
  readonly fn: RegisteredFunction
  readonly schedule: Schedule
}

export function prepareTimer(fn: RegisteredFunction, environment: NodeJS.ProcessEnv): Timer {
  const { schedule } = fn.trigger
  if (typeof schedule !== 'string') throw new Error(`Timer function "${fn.metadata.name}" has no schedule`)
  const parsed = parseSchedule(resolveSettings(schedule, environment))
  parsed.next(new Date()) // a schedule that never fires is refused now, not when it should have fired
  return { fn, schedule: parsed }
}

/** All timers of the app share one lease: which host fires one fires them all. */
export function startTimers(timers: readonly Timer[], container: ContainerClient, hostId: string): TimerTriggers {
  const stopping = new AbortController()
  const singleton = {
    container,
    blobName: `locks/${hostId}/timers`,
    work: async (held: AbortSignal) => {
      await Promise.all(timers.map((timer) => keepFiring(timer, openStatus(container, hostId, timer.fn), held)))
    },
  }
  const ended = runAsSingleton(singleton, stopping.signal).then(() => true)
  return {
    async stop(graceMilliseconds) {
      stopping.abort()
      return Promise.race([ended, delay(graceMilliseconds, false, { ref: false })])
    },
  }
}

async function keepFiring(timer: Timer, statusBlob: StatusBlob, held: AbortSignal): Promise<void> {
  const { schedule, fn } = timer
  const isMonitored = isWorthMonitoring(timer)
  let status: ScheduleStatus = { last: undefined, next: schedule.next(new Date()), lastUpdated: undefined }
  if (isMonitored) status = (await statusBlob.read(schedule)) ?? status

  const fire = async (pastDue: boolean, dueAt: Date | undefined) => {
    await fireWithRetries(fn, timerInfo(isMonitored ? status : undefined, pastDue), held)
    // A timer of the machine may ring a moment early; counting from there would find the same occurrence again.
    const firedAt = new Date(Math.max(Date.now(), dueAt?.getTime() ?? 0))
    status = { last: firedAt, next: schedule.next(dueAt ?? firedAt), lastUpdated: firedAt }
    if (status.next < firedAt) status = { ...status, next: schedule.next(firedAt) }
    if (isMonitored) await statusBlob.write(status)
  }
  const pastDue = isMonitored && isPastDue(status, new Date())
  if (!held.aborted && (pastDue || fn.trigger['runOnStartup'] === true)) await fire(pastDue, undefined)
  else if (isMonitored) await statusBlob.write(status)
  while (await waitUntil(status.next, held)) await fire(false, status.next)
}

/** Azure keeps no status of schedules that fire more than once a minute, whatever the function asks. */
function isWorthMonitoring({ schedule, fn }: Timer): boolean {
  const first = schedule.next(new Date())
  return fn.trigger['useMonitor'] !== false && schedule.next(first).getTime() - first.getTime() >= 60_000
}

/** False if the signal came first. A machine timer counts at most 24.8 days, so long waits go in pieces. */
async function waitUntil(due: Date, held: AbortSignal): Promise<boolean> {
  const longest = 24 * 24 * 3600 * 1000
  for (;;) {
    const wait = due.getTime() - Date.now()
    if (held.aborted) return false
    if (wait <= 0) return true
    await delay(Math.min(wait, longest), undefined, { signal: held }).catch(() => undefined)
  }
}

/** The wire form of the timer, in .NET's capitals: the library turns it into the function's argument. */
function timerInfo(status: ScheduleStatus | undefined, pastDue: boolean): string {
  const never = '0001-01-01T00:00:00'
  const scheduleStatus = status && {
    Last: status.last?.toISOString() ?? never,
    Next: status.next.toISOString(),
    LastUpdated: status.lastUpdated?.toISOString() ?? never,
  }
  return JSON.stringify({
    Schedule: { AdjustForDST: true },
    ScheduleStatus: scheduleStatus ?? null,
    IsPastDue: pastDue,
  })
}

async function fireWithRetries(fn: RegisteredFunction, info: string, held: AbortSignal): Promise<void> {
  const retry = fn.metadata.retryOptions
  const maxRetryCount = retry?.maxRetryCount ?? 0
  for (let retryCount = 0; ; retryCount += 1) {
    const invocation = newInvocation()
    invocation.inputData = [{ name: fn.trigger.name, data: { json: info } }]
    if (retryCount > 0) invocation.retryContext = { retryCount, maxRetryCount }
    if (await succeeds(fn, invocation)) return
    const isLast = maxRetryCount !== -1 && retryCount >= maxRetryCount
    if (!retry || isLast || held.aborted) return
    await delay(retryWait(retry, retryCount), undefined, { signal: held }).catch(() => undefined)
  }
}

async function succeeds(fn: RegisteredFunction, invocation: InvocationRequest): Promise<boolean> {
  try {
    await invoke(fn, invocation)
    return true
  } catch (error) {
    const { name } = fn.metadata
    logEvent('error', 'function.error', {
      function: name,
      invocation_id: invocation.invocationId,
      ...errorFields(error),
    })
    return false
  }
}

export function retryWait(retry: RetryOptions, retryCount: number): number {
  if (retry.retryStrategy !== 'exponentialBackoff') return (retry.delayInterval?.seconds ?? 0) * 1000
  const shortest = retry.minimumInterval?.seconds ?? 0
  return Math.min(shortest * 2 ** retryCount, retry.maximumInterval?.seconds ?? Infinity) * 1000
}
