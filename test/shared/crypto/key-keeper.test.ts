import { fork } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { randomBytes } from 'node:crypto'
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest'
import { keyVaultKey } from '../../../shared/azure/key-vault.ts'
import { KNOWN_EVERYWHERE_MS, keyKeeper } from '../../../shared/crypto/key-keeper.ts'
import { keyring } from '../../../shared/crypto/keyring.ts'
import { open, seal } from '../../../shared/crypto/secret-box.ts'
import { createLog } from '../../../shared/log.ts'
import { startVault, trust, type VaultStandIn } from '../../support/key-vault.ts'
import { aWorld, type World } from '../../support/world.ts'

let world: World
let vault: VaultStandIn
let trusted: { stop(): void }
let clock: number
let lines: string[]
beforeEach(async () => {
  ;[world, vault] = await Promise.all([aWorld(), startVault()])
  trusted = trust(vault)
  clock = Date.parse('2026-11-30T12:00:00Z')
  lines = []
})
afterEach(async () => {
  trusted.stop()
  await Promise.all([vault.stop(), world.close()])
})

/** A process, as far as it keeps keys. */
function aProcess(fromSetting?: Buffer, token = vault.token, patienceMs?: number) {
  const credential = { getToken: () => Promise.resolve({ token, expiresOnTimestamp: clock + 60_000 }) }
  const ring = keyring(fromSetting)
  const keeper = keyKeeper(
    {
      keyring: ring,
      wrappingKey: keyVaultKey(vault.keyId, credential),
      directory: world.deps.containers.directory,
      log: createLog((line) => lines.push(line)),
      now: () => new Date(clock),
    },
    patienceMs,
  )
  return {
    freshen: () => keeper.freshen(),
    seal: () => seal(ring, 'a token', 'a row'),
    open: (box: string) => open(ring, box, 'a row'),
  }
}

async function started(fromSetting?: Buffer) {
  const one = aProcess(fromSetting)
  await one.freshen()
  return one
}

const pass = (ms: number) => (clock += ms)
const unavailable = expect.objectContaining({ code: 'storage_unavailable' }) as unknown
const versionIn = (box: string) => box.split('.')[1]

describe('with a key in Key Vault', () => {
  it('seals with a data key that is stored wrapped, unwraps it once, and opens it in every process', async () => {
    const [one, two] = [await started(), await started()]
    const box = one.seal()
    expect(versionIn(box)).toBe(vault.versions[0])
    expect(two.open(box)).toBe('a token')
    expect(vault.asked).toEqual(['get', 'wrapkey', 'unwrapkey', 'get', 'unwrapkey'])
    pass(KNOWN_EVERYWHERE_MS)
    await one.freshen()
    expect(vault.asked.slice(5)).toEqual(['get'])
  })

  it('asks nothing as long as it has looked lately', async () => {
    const one = await started()
    const before = vault.asked.length
    pass(60_000)
    await Promise.all([one.freshen(), one.freshen()])
    expect(vault.asked).toHaveLength(before)
  })

  it('agrees on one data key, however many start at once', async () => {
    const all = Array.from({ length: 6 }, () => aProcess())
    await Promise.all(all.map(({ freshen }) => freshen()))
    for (const one of all) for (const two of all) expect(two.open(one.seal())).toBe('a token')
    expect(new Set(all.map((one) => versionIn(one.seal()))).size).toBe(1)
    expect(lines.filter((line) => line.includes('keys.made'))).toHaveLength(1)
  })

  it('seals with the key of a new version once every process knows it, and goes on opening what is older', async () => {
    const [one, two] = [await started(), await started()]
    const old = one.seal()
    const version = vault.rotate()
    pass(6 * 60_000)
    await one.freshen()
    expect(versionIn(one.seal())).toBe(vault.versions[0])
    pass(6 * 60_000)
    await two.freshen()
    pass(KNOWN_EVERYWHERE_MS - 6 * 60_000)
    await one.freshen()
    expect(versionIn(one.seal())).toBe(version)
    expect(two.open(one.seal())).toBe('a token')
    expect((await started()).open(old)).toBe('a token')
  })

  it('opens what TOKEN_ENCRYPTION_KEY has sealed, and seals with it until every process knows the first data key', async () => {
    const setting = randomBytes(32)
    const old = seal(keyring(setting), 'a token', 'a row')
    const one = await started(setting)
    expect(one.open(old)).toBe('a token')
    expect(one.seal()).toMatch(/^v1\./)
    pass(KNOWN_EVERYWHERE_MS)
    await one.freshen()
    expect(versionIn(one.seal())).toBe(vault.versions[0])
    expect((await started(setting)).open(one.seal())).toBe('a token')
  })

  it('says that a secret cannot be opened now while the vault lets nobody in, and opens it afterwards', async () => {
    const box = (await started()).seal()
    vault.isShut = true
    const late = await started()
    expect(() => late.open(box)).toThrow(unavailable)
    expect(() => late.seal()).toThrow(unavailable)
    expect(lines.at(-1)).toContain('Key Vault refused the key herald: 403 Forbidden')
    vault.isShut = false
    await late.freshen()
    expect(() => late.open(box)).toThrow(unavailable)
    pass(5_000)
    await late.freshen()
    await vi.waitFor(() => expect(late.open(box)).toBe('a token'))
  })

  it('waits once for a vault that says nothing, and has the keys when it speaks', async () => {
    const speak = vault.fallSilent()
    const one = aProcess(undefined, vault.token, 100)
    await one.freshen()
    expect(() => one.seal()).toThrow(unavailable)
    const next = new Promise((resolve) => setImmediate(resolve, 'waited'))
    expect(await Promise.race([one.freshen().then(() => 'at once'), next])).toBe('at once')
    speak()
    await vi.waitFor(() => expect(one.open(one.seal())).toBe('a token'))
    expect(vault.asked).toEqual(['get', 'wrapkey', 'unwrapkey'])
  })

  it('works on with the keys it has while the vault lets nobody in', async () => {
    const one = await started()
    vault.isShut = true
    pass(60 * 60_000)
    await one.freshen()
    expect(one.open(one.seal())).toBe('a token')
  })

  it('opens everything else where one version of the key was switched off', async () => {
    const first = await started()
    const old = first.seal()
    const version = vault.rotate()
    pass(6 * 60_000)
    await first.freshen()
    vault.disabled.add(vault.versions[0] ?? '')
    pass(KNOWN_EVERYWHERE_MS)
    const late = await started()
    expect(versionIn(late.seal())).toBe(version)
    expect(() => late.open(old)).toThrow(unavailable)
    expect(lines.at(-1)).toContain('keys.not_read')
  })

  it('stores and logs no key, and hands the vault nothing without the right token', async () => {
    const stranger = aProcess(undefined, 'another token')
    await stranger.freshen()
    expect(() => stranger.seal()).toThrow(unavailable)
    expect(lines.at(-1)).toContain('401 Unauthorized')
    expect(lines.join('')).not.toContain('another token')
    expect(vault.asked).toEqual(['get'])
  })
})

it('two processes that start at once, each with its managed identity, open what the other has sealed', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'herald-vault-'))
  const certificate = join(folder, 'cert.pem')
  await writeFile(certificate, vault.cert)
  const env = {
    ...{ PATH: process.env['PATH'], NODE_EXTRA_CA_CERTS: certificate },
    ...{ ...world.env, ...vault.identity, TOKEN_ENCRYPTION_KEY: '', KEY_VAULT_KEY_ID: vault.keyId },
  }
  const script = join(import.meta.dirname, '../../support/seal-once.ts')
  const children = [1, 2].map(() => fork(script, { env, execArgv: [], stdio: ['ignore', 'ignore', 'inherit', 'ipc'] }))
  const said = () => Promise.all(children.map(async (child) => String((await once(child, 'message'))[0])))
  const boxes = await said()
  expect(boxes[0]).not.toBe(boxes[1])
  const opened = said()
  for (const [index, child] of children.entries()) child.send(boxes[1 - index] ?? '')
  expect(await opened).toEqual(['a token', 'a token'])
  await rm(folder, { recursive: true })
})
