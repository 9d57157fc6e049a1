import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { describe, expect, it } from 'vitest'
import { AppError } from '../../../shared/errors.ts'
import { passwordWorker } from '../../../shared/crypto/passwords.ts'

const passwords = passwordWorker()

describe('passwords', () => {
  it('know the password they hashed, and no other', async () => {
    const hash = await passwords.hash('open sesame')
    expect(hash).not.toContain('sesame')
    expect(await passwords.verify('open sesame', hash)).toBe(true)
    expect(await passwords.verify('open sesamE', hash)).toBe(false)
  })

  it('count beyond the 72 bytes that bcrypt reads, and beyond a zero character', async () => {
    const long = await passwords.hash(`${'a'.repeat(200)}1`)
    expect(await passwords.verify(`${'a'.repeat(200)}2`, long)).toBe(false)
    expect(await passwords.verify(`${'a'.repeat(200)}1`, long)).toBe(true)
    const zero = await passwords.hash('a\0b')
    expect(await passwords.verify('a\0c', zero)).toBe(false)
  })

  it('are the same however the keyboard composes their letters', async () => {
    const hash = await passwords.hash('caf\u00e9 au lait')
    expect(await passwords.verify('cafe\u0301 au lait', hash)).toBe(true)
  })

  it('leave the main thread free while they are hashed', async () => {
    let turns = 0
    const timer = setInterval(() => turns++, 1)
    await Promise.all([passwords.hash('one'), passwords.hash('two'), passwords.hash('three')])
    clearInterval(timer)
    expect(turns).toBeGreaterThan(20)
  })

  it('are refused, not piled up, when too many wait', async () => {
    const crowded = passwordWorker()
    const waiting = Array.from({ length: 101 }, () => crowded.verify('x', 'not a hash'))
    const results = await Promise.allSettled(waiting)
    const refused = results.filter(
      ({ status, ...rest }) => status === 'rejected' && 'reason' in rest && rest.reason instanceof AppError,
    )
    expect(refused).toHaveLength(1)
    expect(await crowded.verify('x', await crowded.hash('x'))).toBe(true)
  })

  it('work from the CommonJS bundle with the worker beside it', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'herald-bundle-'))
    try {
      const options = { bundle: true, platform: 'node', format: 'cjs', target: 'node22', logLevel: 'error' } as const
      const probe = `import { AppError } from '../../../shared/errors.ts'
import { passwordWorker } from './shared/crypto/passwords.ts'
        const passwords = passwordWorker()
        passwords.hash('x').then((hash) => passwords.verify('x', hash)).then((matches) => console.log(String(matches)))`
      const stdin = { contents: probe, resolveDir: process.cwd(), loader: 'ts' } as const
      await build({ ...options, stdin, outfile: join(folder, 'index.cjs') })
      const worker = 'shared/crypto/password-worker.ts'
      await build({ ...options, entryPoints: [worker], outfile: join(folder, 'password-worker.cjs') })
      // Ends by itself: the idle thread does not keep the process alive.
      const output = execFileSync(process.execPath, [join(folder, 'index.cjs')], { encoding: 'utf8', timeout: 30_000 })
      expect(output.trim()).toBe('true')
    } finally {
      rmSync(folder, { recursive: true })
    }
  })
})
