/** What a run cost and what the simulated WhatsApp saw, read from the parts themselves. */
import * as z from 'zod'
import type { Azurite, OperationCounts } from '../azurite/azurite.ts'

const Count = z.object({ requests: z.number(), request_units: z.number() })
const CosmosMetrics = Count.extend({
  by_operation: z.record(z.string(), Count),
  by_container: z.record(z.string(), z.record(z.string(), Count)),
})
export type CosmosMetrics = z.output<typeof CosmosMetrics>

/** Counted since the parts started; undefined for a part that the environment gave. */
export interface StackMetrics {
  cosmos: CosmosMetrics | undefined
  storage: (OperationCounts & { queueByMethod: Record<string, number> }) | undefined
}

export async function readMetrics(
  cosmosUrl: string | undefined,
  storage: Pick<Azurite, 'counts'> | undefined,
): Promise<StackMetrics> {
  const cosmos = cosmosUrl && CosmosMetrics.parse(await getJson(`${cosmosUrl}/_emulator/metrics`))
  return { cosmos: cosmos === '' ? undefined : cosmos, storage: storage?.counts() }
}

const Tally = z.object({
  distinct: z.record(z.string(), z.int()),
  reached: z.object({ sent: z.int(), delivered: z.int(), read: z.int(), failed: z.int(), none: z.int() }),
})
export const WebhookCounts = z.object({ accepted: z.int(), reported: Tally, planned: Tally, pending: z.int() })
export type WebhookCounts = z.output<typeof WebhookCounts>

export const LedgerSummary = z.object({
  accepted: z.int(),
  recipients: z.int(),
  recipients_with_more_than_one: z.int(),
  max_per_recipient: z.int(),
  refused: z.int(),
  refused_by_code: z.record(z.string(), z.int()),
  first_accepted_at: z.string().nullable(),
  last_accepted_at: z.string().nullable(),
  rate_peak_per_second: z.number(),
})
export type LedgerSummary = z.output<typeof LedgerSummary>

export type WhatsappRecord = ReturnType<typeof whatsappRecord>

/** The simulator's own record, through its control API; of the messages alone whose callback data begin with the prefix. */
export function whatsappRecord(simulatorUrl: string, callbackPrefix?: string) {
  const ask = (path: string): Promise<unknown> => getJson(`${simulatorUrl}/_simulator/${path}`)
  const filter = callbackPrefix === undefined ? '' : `?callback_prefix=${callbackPrefix}`
  return {
    ledger: async (): Promise<LedgerSummary> => LedgerSummary.parse(await ask(`ledger${filter}`)),
    counts: async (): Promise<WebhookCounts> => WebhookCounts.parse(await ask(`webhooks/counts${filter}`)),
    /** Sends taken so far: cheap to ask again and again. */
    accepted: async (): Promise<number> => z.object({ accepted: z.int() }).parse(await ask('state')).accepted,
    /** Recipients who were refused and never accepted afterwards; refusals with a passing code say nothing. */
    refusedForGood: async (passingCodes: readonly string[] = []): Promise<number> => {
      const [accepted, refused] = await Promise.all(
        ['entries', 'refused'].map((list) => recipientsOf(simulatorUrl, `${list}${filter}`, passingCodes)),
      )
      return refused?.difference(accepted ?? new Set()).size ?? 0
    },
    /** True once every webhook has been answered 200; false when the time is up. */
    quiet: async (timeoutMs: number): Promise<boolean> =>
      z.object({ quiet: z.boolean() }).parse(await ask(`quiet?timeout_ms=${timeoutMs}`)).quiet,
  }
}

const Lines = z.array(z.object({ to: z.string().nullable(), code: z.string().optional() }))

async function recipientsOf(simulatorUrl: string, list: string, exceptCodes: readonly string[]): Promise<Set<string>> {
  const text = await getText(`${simulatorUrl}/_simulator/ledger/${list}`)
  const lines = text.split('\n').filter((line) => line !== '')
  const entries = Lines.parse(lines.map((line): unknown => JSON.parse(line)))
  const wanted = entries.filter(({ code }) => code === undefined || !exceptCodes.includes(code))
  return new Set(wanted.flatMap(({ to }) => to ?? []))
}

async function getJson(url: string): Promise<unknown> {
  return JSON.parse(await getText(url))
}

async function getText(url: string): Promise<string> {
  const answer = await fetch(url)
  if (!answer.ok) throw new Error(`GET ${new URL(url).pathname} was answered ${answer.status}`)
  return answer.text()
}
