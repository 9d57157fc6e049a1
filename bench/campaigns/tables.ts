/** What was measured, as a person reads it. */
import { isWithin, type Measured, type StatusRun, type Verdict } from './budgets.ts'
import type { Sent } from './send.ts'

export function sendingTable(all: readonly Measured[]): string {
  const rows = all.flatMap((one) => [
    sendingRow(one, one.single, '1', one.ratios.single),
    sendingRow(one, one.several, 'several', one.ratios.several),
    floorRow(one),
  ])
  const head =
    'recipients|hosts|numbers|planned s|sent s|messages/s|÷ floor|completed s|Cosmos|RU|queue|looks|table|all CPU ms|host CPU ms|Meta CPU ms|peak MB'
  return table(head.split('|'), rows)
}

function sendingRow({ hosts, recipients }: Measured, sent: Sent, numbers: string, ratio: number): string[] {
  const { cost } = sent
  return [
    whole(recipients),
    whole(hosts),
    numbers,
    fixed(sent.planningSeconds, 2),
    fixed(sent.campaignSeconds, 2),
    whole(sent.messagesPerSecond),
    fixed(ratio, 2),
    fixed(sent.completedSeconds, 2),
    fixed(cost.cosmosRequests, 4),
    fixed(cost.requestUnits, 2),
    fixed(cost.queueOperations, 4),
    fixed(cost.queueLooks, 4),
    fixed(cost.tableOperations, 4),
    fixed(sent.worldCpuMsPerMessage, 2),
    fixed(sent.hostCpuMsPerMessage, 2),
    fixed(sent.simulatorCpuMsPerMessage, 2),
    whole(sent.peakMb),
  ]
}

function floorRow({ recipients, floor }: Measured): string[] {
  const { seconds, perSecond, worldCpuMsPerMessage } = floor
  const costs = ['', '', '', '', '', '', fixed(worldCpuMsPerMessage, 2)]
  return [whole(recipients), '', 'floor', '', fixed(seconds, 2), whole(perSecond), '1.00', ...costs]
}

export function statusTable(all: readonly Measured[]): string {
  const rows = all.flatMap((one) => one.statuses.map((run) => statusRow(one, run)))
  const head = 'recipients|hosts|webhooks|statuses|s|statuses/s|÷ floor|Cosmos|queue|puts|table|host CPU ms'
  return table(head.split('|'), rows)
}

function statusRow({ hosts, recipients }: Measured, { counted, floorSeconds }: StatusRun): string[] {
  const { statuses, posts, seconds, cost } = counted
  return [
    whole(recipients),
    whole(hosts),
    whole(posts),
    whole(statuses),
    fixed(seconds, 2),
    whole(statuses / seconds),
    fixed(seconds / floorSeconds, 2),
    fixed(cost.cosmosRequests, 4),
    fixed(cost.queueOperations, 4),
    fixed(cost.queuePuts, 4),
    fixed(cost.tableOperations, 4),
    fixed(counted.hostCpuMsPerStatus, 2),
  ]
}

export function verdictTable(all: readonly Verdict[]): string {
  const rows = all.map((verdict) => [
    isWithin(verdict) ? 'pass' : 'FAIL',
    significant(verdict.figure),
    `${verdict.isMost ? '≤' : '≥'} ${verdict.budget.toLocaleString('en')}`,
    verdict.what,
  ])
  return table(['', 'figure', 'budget', 'what'], rows)
}

/** Columns as wide as they need to be: figures to the right, the last column of words to the left. */
function table(head: string[], rows: string[][]): string {
  const widths = head.map((name, column) => Math.max(name.length, ...rows.map((row) => (row[column] ?? '').length)))
  const isText = (column: number): boolean => column === head.length - 1 && head[column] === 'what'
  const line = (row: string[]): string =>
    head.map((_, column) => padded(row[column] ?? '', widths[column] ?? 0, isText(column))).join('  ')
  return [line(head), ...rows.map(line)].map((text) => text.trimEnd()).join('\n')
}

function padded(text: string, width: number, isText: boolean): string {
  return isText ? text.padEnd(width) : text.padStart(width)
}

function fixed(value: number, digits: number): string {
  return value.toFixed(digits)
}

function whole(value: number): string {
  return Math.round(value).toLocaleString('en')
}

function significant(value: number): string {
  return value >= 100 ? whole(value) : value.toPrecision(3)
}
