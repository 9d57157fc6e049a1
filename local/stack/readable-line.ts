/** A host's log line for people: one short line about what a developer cares for, nothing about the rest. */
import * as z from 'zod'

const Line = z.looseObject({
  time: z.string(),
  level: z.string(),
  event: z.string(),
  endpoint: z.string().optional(),
  status: z.number().optional(),
  ms: z.number().optional(),
})
type Line = z.output<typeof Line>

const TOLD_EVENTS = /^(campaign|contacts|template|phone_number|account|workspace)\./
/** Where the line came from: told by the log file to whoever needs it. */
const LEFT_OUT = new Set([
  'time',
  'level',
  'event',
  'request_id',
  'invocation_id',
  'workspace_id',
  'execution_id',
  'stack',
])

/** Undefined for a line that only the log file needs. */
export function readableLine(line: string): string | undefined {
  const json = parseJson(line)
  if (json === undefined) return line
  const parsed = Line.safeParse(json)
  if (!parsed.success) return undefined
  const { level, event } = parsed.data
  const isTrouble = level === 'warn' || level === 'error' || level === 'critical'
  if (event === 'http.answered') return request(parsed.data)
  if (!isTrouble && !TOLD_EVENTS.test(event)) return undefined
  return `${clock(parsed.data)}  ${isTrouble ? `${level.toUpperCase()} ` : ''}${event}${fields(parsed.data)}`
}

function request(line: Line): string {
  const { endpoint = 'unknown', status = 0, ms = 0 } = line
  return `${clock(line)}  ${endpoint} answered ${status} (${Math.round(ms)} ms)`
}

function clock({ time }: Line): string {
  return new Date(time).toTimeString().slice(0, 8)
}

function fields(line: Line): string {
  return Object.entries(line)
    .filter(([name]) => !LEFT_OUT.has(name))
    .map(([name, value]) => ` ${name}=${text(value)}`)
    .join('')
}

function text(value: unknown): string {
  if (typeof value === 'object' && value !== null && 'message' in value) return JSON.stringify(value.message)
  return typeof value === 'string' && /^[\w.:-]+$/.test(value) ? value : JSON.stringify(value)
}

function parseJson(line: string): unknown {
  try {
    return JSON.parse(line)
  } catch {
    return undefined
  }
}
