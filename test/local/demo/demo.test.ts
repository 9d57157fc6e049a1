import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'

const main = fileURLToPath(new URL('../../../local/demo/main.ts', import.meta.url))

function demo(...parameters: string[]) {
  return promisify(execFile)(process.execPath, [main, ...parameters])
}

describe('npm run demo', () => {
  it('takes a file of contacts all the way to read messages, and everything adds up', async () => {
    const { stdout } = await demo('--recipients', '200', '--seed', '11')
    expect(stdout).toMatch(/^Everything adds up\.$/m)
    expect(stdout).toMatch(/^ {2}accepted sends {2}200$/m)
    expect(stdout).toMatch(/^ {2}more than one {3}0 recipients$/m)
  })

  it('refuses what it cannot do, in one sentence', async () => {
    const refusal = (problem: string) => ({ code: 1, stderr: `\nThe demo failed: ${problem}\n` })
    await expect(demo('--recipients', 'many')).rejects.toMatchObject(
      refusal('--recipients takes a whole number from 1 to 330300, not "many"'),
    )
    await expect(demo('--recipients', '5', '--contacts', 'mine.csv')).rejects.toMatchObject(
      refusal('--contacts names a file, --recipients generates one: give one of them'),
    )
  })
})
