/**
 * One JSON line per event on standard output, with fields and never with secrets, phone numbers or message text.
 * Fields set by `withLogFields` (request id, function name) are added to every line written inside it.
 */
import { AsyncLocalStorage } from 'node:async_hooks'

export type LogFields = Record<string, unknown>
export type LogLevel = 'info' | 'warn' | 'error'

export interface Log {
  info(event: string, fields?: LogFields): void
  warn(event: string, fields?: LogFields): void
  error(event: string, fields?: LogFields & { error?: unknown }): void
}

const context = new AsyncLocalStorage<LogFields>()

/** Runs `work` with `fields` added to every line logged inside it. */
export function withLogFields<T>(fields: LogFields, work: () => T): T {
  return context.run({ ...context.getStore(), ...fields }, work)
}

export function createLog(write: (line: string) => void = (line) => process.stdout.write(`${line}\n`)): Log {
  const emit = (level: LogLevel, event: string, fields: LogFields = {}): void => {
    const line = { time: new Date().toISOString(), level, event, ...context.getStore(), ...fields }
    write(JSON.stringify(line, (_key, value: unknown) => (value instanceof Error ? describeError(value) : value)))
  }
  return {
    info: (event, fields) => emit('info', event, fields),
    warn: (event, fields) => emit('warn', event, fields),
    error: (event, fields) => emit('error', event, fields),
  }
}

function describeError(error: Error): LogFields {
  const code = 'code' in error ? { code: error.code } : {}
  const cause = error.cause instanceof Error ? { cause: describeError(error.cause) } : {}
  const { name, message, stack } = error
  return { name, message: withoutExcerpt(message), ...code, stack: stack && withoutExcerpt(stack), ...cause }
}

/** JSON.parse quotes what it could not read, and that may be anybody's message. */
function withoutExcerpt(text: string): string {
  return text.replace(/, (?:\.\.\.)?".*"(?:\.\.\.)? is not valid JSON/s, ' is not valid JSON')
}
