/**
 * Preloaded (`--import`) into every part that child.ts starts: stops the part when the process that started it is gone,
 * however it ended. Its end of the pipe to our standard input closes even when it was killed.
 */
import { isMainThread } from 'node:worker_threads'

const GRACE_MS = 15_000

// Worker threads inherit the preload; one watch per process is enough.
if (isMainThread) {
  process.stdin.on('close', () => {
    process.kill(process.pid, 'SIGTERM')
    setTimeout(() => process.kill(process.pid, 'SIGKILL'), GRACE_MS).unref()
  })
  process.stdin.on('error', () => undefined)
  process.stdin.resume()
  // The watch alone does not keep a part alive that has nothing else to do.
  process.stdin.unref()
}
