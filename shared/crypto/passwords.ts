/** Hashes and checks passwords in a worker thread that starts with the first password and ends when idle. */
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { AppError } from '../errors.ts'
import type { PasswordJob, PasswordResult } from './password-worker.ts'

export interface Passwords {
  hash(password: string): Promise<string>
  verify(password: string, hash: string): Promise<boolean>
}

/** At some 12 a second, who waits behind these would wait for longer than a client does. */
const MOST_WAITING = 100
const IDLE_MS = 30_000

interface Waiting {
  resolve: (result: PasswordResult) => void
  reject: (error: Error) => void
}

type Task = PasswordJob extends infer Job ? (Job extends PasswordJob ? Omit<Job, 'id'> : never) : never

export function passwordWorker(): Passwords {
  const run = jobRunner()
  return {
    async hash(password) {
      const result = await run({ kind: 'hash', password })
      if ('hash' in result) return result.hash
      throw workerFailure(result)
    },
    async verify(password, hash) {
      const result = await run({ kind: 'verify', password, hash })
      if ('matches' in result) return result.matches
      throw workerFailure(result)
    },
  }
}

function jobRunner(): (task: Task) => Promise<PasswordResult> {
  const waiting = new Map<number, Waiting>()
  let worker: Worker | undefined
  let idle: NodeJS.Timeout | undefined
  let nextId = 0

  const stopped = (from: Worker, error: Error): void => {
    if (worker !== from) return
    worker = undefined
    for (const { reject } of waiting.values()) reject(error)
    waiting.clear()
  }
  const start = (): Worker => {
    const started = new Worker(workerFile())
    // An idle thread never keeps the process alive; one that somebody waits for does (see `ref` below).
    started.unref()
    started.on('error', (error: Error) => stopped(started, error))
    started.on('exit', (code) => stopped(started, new Error(`The password thread ended with ${code}`)))
    started.on('message', (result: PasswordResult) => {
      waiting.get(result.id)?.resolve(result)
      waiting.delete(result.id)
      if (waiting.size > 0) return
      started.unref()
      idle = setTimeout(() => {
        worker = undefined
        void started.terminate()
      }, IDLE_MS).unref()
    })
    return started
  }
  return (task) => {
    if (waiting.size >= MOST_WAITING) {
      return Promise.reject(new AppError('too_many_requests', 'Too many people sign in right now, try again shortly'))
    }
    clearTimeout(idle)
    const running = (worker ??= start())
    const id = nextId++
    return new Promise((resolve, reject) => {
      waiting.set(id, { resolve, reject })
      running.ref()
      running.postMessage({ ...task, id })
    })
  }
}

/** The worker's source beside this file, or the second file of the build beside the CommonJS bundle. */
function workerFile(): string | URL {
  const isBundle = typeof __filename === 'string' && __filename.endsWith('.cjs')
  // The bundle has no import.meta: never evaluated there.
  return isBundle ? join(__dirname, 'password-worker.cjs') : new URL('./password-worker.ts', import.meta.url)
}

function workerFailure(result: PasswordResult): Error {
  return new Error(`The password thread failed: ${'error' in result ? result.error : 'unexpected answer'}`)
}
