/**
 * The thread that hashes passwords, one at a time. bcrypt in JavaScript keeps a core busy for tens of milliseconds:
 * on the main thread a sign-in would hold up every webhook. Talks only to passwords.ts.
 */
import { createHash } from 'node:crypto'
import { parentPort } from 'node:worker_threads'
import { compareSync, hashSync } from 'bcryptjs'

/** OWASP's least for bcrypt. Raising it concerns new hashes only: each hash carries the cost it was made with. */
const COST = 10

export type PasswordJob = { id: number; password: string } & ({ kind: 'hash' } | { kind: 'verify'; hash: string })
export type PasswordResult = { id: number } & ({ hash: string } | { matches: boolean } | { error: string })

parentPort?.on('message', (job: PasswordJob) => {
  parentPort?.postMessage(run(job))
})

function run(job: PasswordJob): PasswordResult {
  try {
    const input = inputOf(job.password)
    if (job.kind === 'hash') return { id: job.id, hash: hashSync(input, COST) }
    return { id: job.id, matches: compareSync(input, job.hash) }
  } catch (error) {
    return { id: job.id, error: String(error) }
  }
}

// bcrypt reads 72 bytes and stops at a zero byte. 64 base64 characters of a SHA-384 hold all of the password and fit.
function inputOf(password: string): string {
  return createHash('sha384').update(password.normalize('NFKC'), 'utf8').digest('base64')
}
