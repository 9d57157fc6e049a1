/** The closing table. */
import type { Outcome } from './checks.ts'
import type { Cost } from './costs.ts'

export interface Timing {
  /** From the answer to execute until the campaign was COMPLETED, as a client sees it. */
  campaignSeconds: number
}

export interface Costs {
  /** From execute until the last send; statuses that came meanwhile included. */
  sending: Cost
  /** From then until the last status; after crashes, what was sent again too. */
  afterwards: Cost
}

type Row = [name: string, value: string]

export function report(outcome: Outcome, timing: Timing, costs: Costs): string {
  return [
    table('Contacts', contactRows(outcome)),
    table('Campaign', campaignRows(outcome)),
    ...(outcome.chaos ? [table('Crashes', crashRows(outcome))] : []),
    table('Speed', speedRows(outcome, timing)),
    table('Cost per message while sending (statuses that came meanwhile included)', costRows(costs.sending)),
    table('Cost per message afterwards (the other statuses, and idle polling)', costRows(costs.afterwards)),
    table('What the simulated WhatsApp saw', whatsappRows(outcome)),
  ].join('\n\n')
}

function contactRows({ imported: tally }: Outcome): Row[] {
  const perSecond = tally.seconds === 0 ? 0 : tally.rows / tally.seconds
  return [
    ['rows', `${whole(tally.rows)} in ${tally.files} file(s), ${whole(perSecond)} a second`],
    ['imported', whole(tally.imported)],
    ['updated', whole(tally.updated)],
    ['skipped', whole(tally.skipped)],
    ...tally.reasons.filter(({ status }) => status === 'skipped').map(reasonRow),
    ['failed', whole(tally.failed)],
    ...tally.reasons.filter(({ status }) => status === 'failed').map(reasonRow),
  ]
}

function reasonRow({ reason, count }: { reason: string; count: number }): Row {
  return ['', `${whole(count)} × ${reason}`]
}

function campaignRows({ campaign }: Outcome): Row[] {
  return [
    ['total', whole(campaign.total_contacts)],
    ['sent', whole(campaign.sent_count)],
    ['delivered', whole(campaign.delivered_count)],
    ['read', whole(campaign.read_count)],
    ['failed', whole(campaign.failed_count)],
    ...campaign.failures.map(({ code, reason, count }): Row => ['', `${whole(count)} × ${reason} (${code})`]),
    ['skipped', whole(campaign.skipped_count)],
    ['cancelled', whole(campaign.cancelled_count)],
    ['uncertain', whole(campaign.uncertain_count)],
  ]
}

function crashRows({ chaos, counts }: Outcome): Row[] {
  const uncertain = chaos?.uncertainAfterCrashes ?? 0
  const shares = chaos?.killedAt.map((accepted) => `${Math.round((100 * accepted) / counts.accepted)} %`) ?? []
  return [
    ['host killed', `${shares.length} times, after ${shares.join(', ')} of the sends`],
    ['uncertain', `${whole(uncertain)} after the crashes${uncertain > 0 ? ': WhatsApp never reported on them' : ''}`],
    ['sent again', `${whole(chaos?.sentAgain ?? 0)} on request`],
  ]
}

function speedRows({ ledger }: Outcome, { campaignSeconds }: Timing): Row[] {
  const from = Date.parse(ledger.first_accepted_at ?? '')
  const to = Date.parse(ledger.last_accepted_at ?? '')
  const sending = (to - from) / 1000
  return [
    ['first to last send', `${rate(ledger.accepted - 1, sending)} (${sending.toFixed(1)} s)`],
    ['whole campaign', `${rate(ledger.accepted, campaignSeconds)} (${campaignSeconds.toFixed(1)} s)`],
    ['highest second', `${whole(ledger.rate_peak_per_second)} messages`],
  ]
}

function costRows({ cosmosRequests, requestUnits, queueOperations, tableOperations }: Cost): Row[] {
  return [
    ['Cosmos DB requests', small(cosmosRequests)],
    ['request units', small(requestUnits)],
    ['queue operations', small(queueOperations)],
    ['table operations', small(tableOperations)],
  ]
}

function whatsappRows({ ledger, counts }: Outcome): Row[] {
  const codes = Object.entries(ledger.refused_by_code).map(([code, count]): Row => ['', `${whole(count)} × ${code}`])
  return [
    ['accepted sends', whole(ledger.accepted)],
    ['recipients', whole(ledger.recipients)],
    ['more than one', `${whole(ledger.recipients_with_more_than_one)} recipients`],
    ['refused', whole(ledger.refused)],
    ...codes,
    ['delivered', whole(counts.reported.reached.delivered)],
    ['read', whole(counts.reported.reached.read)],
    ['failed', whole(counts.reported.reached.failed)],
  ]
}

function table(title: string, rows: Row[]): string {
  const width = Math.max(...rows.map(([name]) => name.length))
  return [title, ...rows.map(([name, value]) => `  ${name.padEnd(width)}  ${value}`)].join('\n')
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en')
}

function rate(messages: number, seconds: number): string {
  return seconds > 0 ? `${whole(messages / seconds)} messages a second` : 'at once'
}

function small(value: number | undefined): string {
  return value === undefined ? 'not measured' : value.toFixed(3)
}
