/** Posts one body again and again on each of some connections, and times every answer. */
import { Pool } from 'undici'

export interface Load {
  url: string
  path: string
  body: string
  headers: Record<string, string>
  connections: number
  seconds: number
}

/** Milliseconds of each answer, and how long all of them took together. */
export interface Timed {
  answers: number[]
  seconds: number
}

export async function timed({ url, path, body, headers, connections, seconds }: Load): Promise<Timed> {
  const pool = new Pool(url, { connections })
  const answers: number[] = []
  const startedAt = performance.now()
  const end = startedAt + seconds * 1000
  const work = async () => {
    for (let from = performance.now(); from < end; from = performance.now()) {
      const { statusCode, body: answer } = await pool.request({ path, method: 'POST', body, headers })
      await answer.dump()
      if (statusCode !== 200) throw new Error(`${path} answered ${statusCode}`)
      answers.push(performance.now() - from)
    }
  }
  await Promise.all(Array.from({ length: connections }, work))
  const took = (performance.now() - startedAt) / 1000
  await pool.close()
  return { answers, seconds: took }
}

export function together(runs: readonly Timed[]): { perSecond: number; p50: number; p99: number } {
  const sorted = runs.flatMap(({ answers }) => answers).sort((a, b) => a - b)
  const seconds = runs.reduce((sum, run) => sum + run.seconds, 0)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return { perSecond: sorted.length / seconds, p50: at(0.5), p99: at(0.99) }
}
