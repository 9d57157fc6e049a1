/** When a person, npm or a supervisor wants the launcher to stop. */
import { once } from 'node:events'

/** Within this time a second signal is the same wish: npm passes on what the terminal has already sent. */
const SAME_WISH_MS = 1_000

/**
 * Resolves on Ctrl-C, SIGTERM, a closed terminal, or the end of the npm that started us. Asked once more, it ends this
 * process without waiting; its parts end with it.
 */
export async function askedToStop(): Promise<undefined> {
  await Promise.race([...signals(), npmIsGone()])
  const askedAt = performance.now()
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
    process.on(signal, () => {
      if (performance.now() - askedAt > SAME_WISH_MS) process.exit(130)
    })
  }
}

function signals(): Promise<unknown>[] {
  return [once(process, 'SIGINT'), once(process, 'SIGTERM'), once(process, 'SIGHUP')]
}

/** npm's shell may die of a signal without passing it on. Without npm a new parent means nothing: that is how nohup works. */
function npmIsGone(): Promise<void> {
  const parent = process.ppid
  return new Promise((resolve) => {
    if (process.env['npm_lifecycle_event'] === undefined) return
    setInterval(() => {
      if (process.ppid !== parent) resolve()
    }, 500).unref()
  })
}
