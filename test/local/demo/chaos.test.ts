import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const main = fileURLToPath(new URL('../../../local/demo/main.ts', import.meta.url))

describe('npm run demo -- --chaos', () => {
  // Real processes and real SIGKILLs. The demo fails by itself unless its counters equal what WhatsApp saw.
  it('messages nobody twice and counts exactly though the host is killed three times while sending', async () => {
    const run = promisify(execFile)(process.execPath, [main, '--recipients', '900', '--chaos'])
    const { stdout } = await run.catch((error: unknown) => expect.fail(String(error)))
    const seed = /seed (\d+)/.exec(stdout)?.[1]
    expect(stdout, `seed ${seed}`).toMatch(/host killed {2}[3-9] times/)
    expect(stdout, `seed ${seed}`).toMatch(/^ {2}more than one {3}0 recipients$/m)
    expect(stdout, `seed ${seed}`).toMatch(/^Everything adds up\.$/m)
  }, 180_000)
})
