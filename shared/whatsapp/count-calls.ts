/** Counts what becomes of the calls to Meta, and says it once a minute: what an alert watches, without a line for each call. */
import type { Log } from '../log.ts'
import type { GraphAnswer, GraphClient } from './graph.ts'

const EVERY_MS = 60_000

export function countingCalls(graph: GraphClient, log: Log, everyMs = EVERY_MS): GraphClient {
  let counts = new Map<string, number>()
  let timer: NodeJS.Timeout | undefined

  const tell = (): void => {
    clearTimeout(timer)
    timer = undefined
    if (counts.size === 0) return
    const codes = Object.fromEntries([...counts].filter(([name]) => name !== 'ok'))
    const total = [...counts.values()].reduce((sum, count) => sum + count, 0)
    log.info('meta.calls', { total, ok: counts.get('ok') ?? 0, other: codes })
    counts = new Map()
  }
  return {
    async call(request) {
      const answer = await graph.call(request)
      const name = nameOf(answer)
      counts.set(name, (counts.get(name) ?? 0) + 1)
      // Begins with the first call of a minute and keeps no process alive: an idle one costs nothing.
      timer ??= setTimeout(tell, everyMs).unref()
      return answer
    },
    async close() {
      tell()
      await graph.close()
    },
  }
}

/** Meta's code where it refused: few values, and no text of anybody's. */
function nameOf(answer: GraphAnswer): string {
  return answer.kind === 'refused' ? String(answer.error.code) : answer.kind
}
