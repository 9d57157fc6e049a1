/**
 * Starts one part of the local world as a child process and waits for the JSON line it prints when it is ready.
 * A part never outlives the process that started it (exit-with-parent.ts), and Ctrl-C in a terminal does not reach it:
 * whoever started it stops it, in the right order.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { COMPILE_CACHE } from './compile-cache.ts'

export interface ChildOptions {
  /** Shown in errors: "cosmos", "whatsapp", … */
  part: string
  args: string[]
  env?: Record<string, string | undefined>
  /** Every line of standard output, the ready line included. */
  onLine?: (line: string) => void
  isReady?: (line: string) => boolean
  readyWithinMs?: number
}

export interface Child {
  process: ChildProcess
  /** The line that told it was ready. */
  ready: string
  /** Resolves when the process has ended, however it ended. */
  ended: Promise<void>
  /** The last it wrote to standard error. */
  errors(): string
  /** SIGTERM, then SIGKILL after `graceMs`; resolves when it has ended. */
  stop(graceMs?: number): Promise<void>
}

const EXIT_WITH_PARENT = new URL('./exit-with-parent.ts', import.meta.url).href
const READY_WITHIN_MS = 60_000
const GRACE_MS = 15_000

export async function startChild(options: ChildOptions): Promise<Child> {
  const child = spawn(process.execPath, ['--import', EXIT_WITH_PARENT, ...options.args], {
    env: { NODE_COMPILE_CACHE: COMPILE_CACHE, ...process.env, ...options.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  })
  const ended = new Promise<void>((resolve) => {
    child.once('exit', () => resolve())
  })
  const errors: string[] = []
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    errors.push(text)
    if (errors.length > 50) errors.shift()
  })
  const ready = await readyLine(child, options, errors)
  return {
    process: child,
    ready,
    ended,
    errors: () => errors.join('').trim(),
    stop: (graceMs) => stopChild(child, ended, graceMs),
  }
}

function readyLine(child: ChildProcess, options: ChildOptions, errors: string[]): Promise<string> {
  const isReady = options.isReady ?? ((line: string) => line.startsWith('{"event":"ready"'))
  return new Promise((resolve, reject) => {
    const fail = (why: string) => {
      child.kill('SIGKILL')
      reject(new Error(`${options.part} did not start: ${errors.join('').trim() || why}`))
    }
    const timer = setTimeout(() => fail('no answer in time'), options.readyWithinMs ?? READY_WITHIN_MS)
    child.once('exit', (code) => {
      clearTimeout(timer)
      // Standard error may still hold the reason: it closes after the exit event.
      child.stderr?.once('close', () => fail(`it ended with code ${String(code)}`))
    })
    if (!child.stdout) throw new TypeError('stdout is piped')
    createInterface({ input: child.stdout }).on('line', (line) => {
      options.onLine?.(line)
      if (!isReady(line)) return
      clearTimeout(timer)
      resolve(line)
    })
  })
}

async function stopChild(child: ChildProcess, ended: Promise<void>, graceMs = GRACE_MS): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return
  child.kill('SIGTERM')
  const timer = setTimeout(() => child.kill('SIGKILL'), graceMs)
  await ended
  clearTimeout(timer)
}

/** Resolves on the first SIGINT or SIGTERM this process gets, or when the process that started it is gone. */
export async function untilAskedToStop(): Promise<void> {
  const signals = [once(process, 'SIGINT'), once(process, 'SIGTERM')]
  if (!process.stdin.isTTY && process.argv.includes('--exit-with-parent')) {
    process.stdin.resume()
    signals.push(once(process.stdin, 'close'))
  }
  await Promise.race(signals)
}
