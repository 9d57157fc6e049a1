/**
 * Excel and OpenDocument workbooks. They are read in a thread of their own, with limits on its memory and time: a hostile
 * one takes down that thread and nothing else. One at a time, because each may use hundreds of megabytes.
 */
import { join } from 'node:path'
import { Worker } from 'node:worker_threads'
import { noDamage } from './damage.ts'
import { MAX_ROWS, refusal, tooManyColumns, tooManyRows } from './refusal.ts'
import type { Sheet, SheetRow } from './sheet.ts'
import type { WorkbookAnswer, WorkbookJob } from './workbook-worker.ts'

const LIMITS = { answerWithinMs: 40_000, maxHeapMb: 640 }

export async function openWorkbook(
  bytes: Buffer,
  kind: 'zipped-workbook' | 'old-workbook',
  maxRows: number = MAX_ROWS,
  limits = LIMITS,
): Promise<Sheet> {
  const done = await takeTurn()
  let worker: Worker | undefined
  const close = async (): Promise<void> => {
    await worker?.terminate()
    done()
  }
  try {
    worker = startWorker({ bytes, isZipped: kind === 'zipped-workbook', maxRows }, limits.maxHeapMb)
    const opened = await answerOf(worker, limits.answerWithinMs)
    if (opened.kind !== 'opened') throw refusedBecause(opened)
    const reading = worker
    return {
      header: opened.header,
      dataRows: opened.dataRows,
      rows: () => rowsOf(reading, limits.answerWithinMs),
      damageIn: noDamage,
      close,
    }
  } catch (error) {
    await close()
    throw error
  }
}

function startWorker(job: WorkbookJob, maxHeapMb: number): Worker {
  return new Worker(workerFile(), { workerData: job, resourceLimits: { maxOldGenerationSizeMb: maxHeapMb } })
}

async function* rowsOf(worker: Worker, answerWithinMs: number): AsyncGenerator<SheetRow> {
  for (;;) {
    worker.postMessage('next')
    const answer = await answerOf(worker, answerWithinMs)
    if (answer.kind !== 'rows') throw refusedBecause(answer)
    if (answer.rows.length === 0) return
    yield* answer.rows
  }
}

/** The thread's next message. That it died, or takes too long, is about the workbook and not about us. */
function answerOf(worker: Worker, withinMs: number): Promise<WorkbookAnswer> {
  return new Promise((resolve, reject) => {
    const settle = (finish: () => void): void => {
      clearTimeout(timer)
      worker.off('message', onMessage).off('error', onError).off('exit', onExit)
      finish()
    }
    const onMessage = (answer: WorkbookAnswer): void => settle(() => resolve(answer))
    const onError = (error: Error): void =>
      settle(() => reject('code' in error && error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? tooComplex() : error))
    const onExit = (): void => settle(() => reject(new Error('The workbook thread ended without an answer')))
    const timer = setTimeout(() => settle(() => reject(tooComplex())), withinMs)
    worker.on('message', onMessage).on('error', onError).on('exit', onExit)
  })
}

function refusedBecause(answer: WorkbookAnswer): Error {
  if (answer.kind === 'too-many-rows') return tooManyRows()
  if (answer.kind === 'too-many-columns') return tooManyColumns()
  return answer.kind === 'refused' ? refusal(answer.message) : new Error(`Unexpected answer: ${answer.kind}`)
}

function tooComplex(): Error {
  return refusal('The workbook takes too much to read: save the sheet with the contacts as CSV and upload that')
}

let lastTurn: Promise<void> = Promise.resolve()

/** Waits for the workbook before; the next one waits until the returned function is called. */
async function takeTurn(): Promise<() => void> {
  const before = lastTurn
  const turn = Promise.withResolvers<undefined>()
  lastTurn = turn.promise
  await before
  return () => turn.resolve(undefined)
}

/** The thread's source beside this file, or its own file of the build beside the CommonJS bundle. */
function workerFile(): string | URL {
  const isBundle = typeof __filename === 'string' && __filename.endsWith('.cjs')
  // The bundle has no import.meta: never evaluated there.
  return isBundle ? join(__dirname, 'workbook-worker.cjs') : new URL('./workbook-worker.ts', import.meta.url)
}
