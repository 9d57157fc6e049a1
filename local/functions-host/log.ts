/**
 * Everything the host has to say, one JSON object per line: its own events (`logEvent`) and what the app logs through
 * its invocation context (`logFromApp`). A logged text that is itself a JSON object is a finished log line of the app's
 * own logger and goes out unchanged.
 */
import type { LogCategory, LogLevel } from './core-types.ts'
import { registry } from './registry.ts'

const levels = ['trace', 'debug', 'information', 'warning', 'error', 'critical', 'none'] as const
const shortNames: Partial<Record<LogLevel, string>> = { information: 'info', warning: 'warn' }

export function configureLog(options: { write?: ((line: string) => void) | undefined; minimumLevel: LogLevel }): void {
  if (options.write) registry.writeLog = options.write
  registry.minimumLogLevel = options.minimumLevel
}

export function logEvent(level: LogLevel, event: string, fields: Record<string, unknown> = {}): void {
  if (!isAtLeast(level, registry.minimumLogLevel)) return
  const line = { time: new Date().toISOString(), level: shortNames[level] ?? level, event, ...fields }
  registry.writeLog(JSON.stringify(line))
}

function isAtLeast(level: LogLevel, minimum: LogLevel): boolean {
  return levels.indexOf(level) >= levels.indexOf(minimum)
}

/** An error as log fields: its message and where it happened. */
export function errorFields(error: unknown): { error: string; stack?: string } {
  if (!(error instanceof Error)) return { error: String(error) }
  return error.stack === undefined ? { error: error.message } : { error: error.message, stack: error.stack }
}

interface AppLog {
  level: LogLevel
  category: LogCategory
  message: string
  invocation?: { functionName: string; invocationId: string; context: unknown; hookData: Record<string, unknown> }
}

export function logFromApp(entry: AppLog): void {
  const { level, message } = afterLogHooks(entry)
  // The library's own chatter ("HTTP streaming enabled") goes to the platform's traces in Azure, not to the app's log.
  if (entry.category === 'system' && !isAtLeast(level, 'warning')) return
  if (isJsonObject(message)) {
    if (isAtLeast(level, registry.minimumLogLevel)) registry.writeLog(message)
    return
  }
  const invocation = entry.invocation
  logEvent(level, entry.category === 'system' ? 'host.log' : 'function.log', {
    ...(invocation ? { function: invocation.functionName, invocation_id: invocation.invocationId } : {}),
    message,
  })
}

/** Log hooks see every entry but change only the user's own; one that throws is ignored, as in the worker. */
function afterLogHooks(entry: AppLog): { level: LogLevel; message: string } {
  if (registry.hooks.log.length === 0) return entry
  const context = {
    level: entry.level,
    message: entry.message,
    category: entry.category,
    hookData: entry.invocation?.hookData ?? {},
    appHookData: registry.appHookData,
    invocationContext: entry.invocation?.context,
  }
  try {
    for (const callback of registry.hooks.log) callback(context)
  } catch {
    return entry
  }
  return entry.category === 'user' ? context : entry
}

function isJsonObject(text: string): boolean {
  if (!text.startsWith('{') || !text.endsWith('}') || text.includes('\n')) return false
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}
