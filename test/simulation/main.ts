/**
 * Plays many seeds: `npm run test:simulation -- --seeds 5000 --from 1`; one of them, line by line: `-- --seed 17 --trace`.
 * Ends with 1 if any failed, and prints how to play each of those again.
 */
import { parseArgs } from 'node:util'
import { availableParallelism } from 'node:os'
import { isMainThread, parentPort, Worker, workerData } from 'node:worker_threads'
import { play, type Played } from './run.ts'

const SEEDS = 5_000
const TRACED_LINES = 25

interface Slice {
  from: number
  seeds: number
  every: number
}

if (isMainThread) await main()
else await playSlice()

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seeds: { type: 'string', default: String(SEEDS) },
      from: { type: 'string', default: '1' },
      seed: { type: 'string' },
      trace: { type: 'boolean', default: false },
    },
  })
  if (values.seed === undefined) await playAll(Number(values.from), Number(values.seeds))
  else await playOne(Number(values.seed), values.trace)
}

async function playOne(seed: number, isTraced: boolean): Promise<void> {
  const onTrace = isTraced ? (line: string) => process.stdout.write(`${line}\n`) : undefined
  const played = await play(seed, { onTrace })
  report(played, !isTraced)
  process.exitCode = played.failure ? 1 : 0
}

async function playAll(from: number, seeds: number): Promise<void> {
  const startedAt = performance.now()
  const every = Math.min(availableParallelism(), seeds)
  const failed: number[] = []
  let [done, sends, steps] = [0, 0, 0]
  const slices = Array.from({ length: every }, (_, index) => ({ from: from + index, seeds: from + seeds, every }))
  await Promise.all(
    slices.map(
      (slice) =>
        new Promise<void>((finished, broken) => {
          const worker = new Worker(new URL(import.meta.url), { workerData: slice })
          worker.on('message', (played: Played) => {
            done++
            sends += played.sends
            steps += played.steps
            if (played.failure) {
              failed.push(played.seed)
              report(played, failed.length <= 3)
            }
            if (done % 500 === 0) process.stdout.write(`${done} of ${seeds} seeds, ${failed.length} failed\n`)
          })
          worker.on('error', broken)
          worker.on('exit', () => finished())
        }),
    ),
  )
  const seconds = ((performance.now() - startedAt) / 1000).toFixed(0)
  process.stdout.write(
    `${done} seeds, ${steps} steps, ${sends} recipients sent to, ${seconds} s; ${failed.length} failed\n`,
  )
  process.exitCode = failed.length === 0 ? 0 : 1
}

async function playSlice(): Promise<void> {
  // Given by playAll.
  const { from, seeds, every } = workerData as Slice
  for (let seed = from; seed < seeds; seed += every) parentPort?.postMessage(await play(seed))
}

function report({ seed, failure, trace, steps, sends }: Played, withTrace: boolean): void {
  if (!failure) {
    process.stdout.write(`seed ${seed}: ${steps} steps, ${sends} recipients sent to, every invariant holds\n`)
    return
  }
  const lines = withTrace ? `${trace.slice(-TRACED_LINES).join('\n')}\n` : ''
  const stack = failure.name === 'Error' ? '' : `${failure.stack ?? ''}\n`
  process.stdout.write(`${lines}seed ${seed} FAILED: ${failure.message}\n${stack}`)
  process.stdout.write(`  npm run test:simulation -- --seed ${seed} --trace\n`)
}
