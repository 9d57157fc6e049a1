import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { issueAccessToken, verifyAccessToken } from '../../../shared/accounts/access-token.ts'
import { refreshSession, renewAccessToken } from '../../../shared/accounts/refresh.ts'
import { startSession, type Session } from '../../../shared/accounts/session.ts'
import { signOut } from '../../../shared/accounts/sign-out.ts'
import { createDeps } from '../../../shared/create-deps.ts'
import type { Deps } from '../../../shared/deps.ts'
import { aPerson, crash, interrupted } from '../../support/tenants.ts'
import { aWorld, type World } from '../../support/world.ts'

let world: World
let deps: Deps
let userId: string
let clock = new Date('2026-05-01T12:00:00Z')

beforeAll(async () => {
  world = await aWorld({ now: () => clock })
  deps = world.deps
  userId = (await aPerson(world)).userId
})
afterAll(() => world.close())

const DAY = 24 * 3600
const over = { code: 'unauthorized', message: 'This session is over: sign in again' }

function pass(seconds: number): void {
  clock = new Date(clock.getTime() + seconds * 1000)
}

function start(): Promise<Session> {
  return startSession(deps, userId)
}

async function successorOf(token: string, through: Deps = deps): Promise<string> {
  return (await refreshSession(through, token)).refreshToken
}

async function expectOver(...tokens: string[]): Promise<void> {
  for (const token of tokens) await expect(refreshSession(deps, token)).rejects.toMatchObject(over)
}

/** Everything in `directory`, as a thief of the database would read it. */
async function stored(): Promise<string> {
  const query = { text: 'SELECT * FROM c' }
  return JSON.stringify(await deps.containers.directory.query(query, (document) => document))
}

describe('a refresh', () => {
  it('gives the next refresh token and an access token of the same person', async () => {
    const first = await start()
    const second = await refreshSession(deps, first.refreshToken)
    expect(second.userId).toBe(userId)
    expect(second.refreshToken).not.toBe(first.refreshToken)
    expect(second.cookie).toMatchObject({ value: second.refreshToken, maxAge: 14 * DAY })
    const claims = await verifyAccessToken(deps.config, second.accessToken, clock)
    expect(claims).toEqual(await verifyAccessToken(deps.config, first.accessToken, clock))
    expect(claims.userId).toBe(userId)
  })

  it('goes on for as many tokens as are asked for, each another one', async () => {
    const tokens = [(await start()).refreshToken]
    for (let turn = 0; turn < 8; turn++) {
      pass(15 * 60)
      tokens.push(await successorOf(tokens.at(-1) ?? ''))
    }
    expect(new Set(tokens).size).toBe(9)
    expect(new Set(tokens.map((token) => token.length))).toEqual(new Set([43]))
  })

  it.each(['', 'nonsense', 'A'.repeat(43), 'session:x', '../../etc', 'a\u0000b', '\ud800'])(
    'is refused for %j',
    async (token) => {
      await expectOver(token)
    },
  )

  it('is refused for an access token, and for the id of a stored token', async () => {
    const { accessToken, refreshToken } = await start()
    await expectOver(accessToken, refreshToken.toLowerCase(), `${refreshToken} `, (await stored()).slice(0, 80))
  })

  it('leaves nothing in the store or the log that could be used', async () => {
    const first = await start()
    const second = await refreshSession(deps, first.refreshToken)
    pass(11)
    await expectOver(first.refreshToken)
    const readable = (await stored()) + JSON.stringify(world.lines)
    for (const { refreshToken, accessToken } of [first, second]) {
      expect(readable).not.toContain(refreshToken)
      expect(readable).not.toContain(accessToken)
    }
    expect(JSON.stringify(world.lines)).toContain('session.token_reused')
  })

  it('ends with the account', async () => {
    const gone = await aPerson(world)
    const { refreshToken, accessToken } = await startSession(deps, gone.userId)
    await deps.containers.core.remove(gone.userId, gone.userId)
    await expect(renewAccessToken(deps, accessToken)).rejects.toMatchObject(over)
    await expectOver(refreshToken)
    const other = await startSession(deps, gone.userId)
    await expectOver(other.refreshToken)
  })
})

it('a refresh costs three reads and two writes, whatever came before', async () => {
  const calls: string[] = []
  let counting = deps
  for (const [container, method] of [
    ['directory', 'read'],
    ['directory', 'create'],
    ['directory', 'replace'],
    ['core', 'read'],
    ['directory', 'query'],
    ['core', 'query'],
  ] as const) {
    counting = interrupted(counting, container, method, () => void calls.push(`${container}.${method}`))
  }
  const { refreshToken } = await refreshSession(deps, (await start()).refreshToken)
  await refreshSession(counting, refreshToken)
  expect(calls.sort()).toEqual([
    'core.read',
    'directory.create',
    'directory.read',
    'directory.read',
    'directory.replace',
  ])
})

describe('a refresh token that is used again', () => {
  it('by twenty at once gives all of them the same successor, which works', async () => {
    const { refreshToken } = await start()
    const other = createDeps(world.config, { log: deps.log, now: () => clock })
    const successors = await Promise.all(
      Array.from({ length: 20 }, (_, index) => successorOf(refreshToken, index % 2 ? deps : other)),
    )
    expect(new Set(successors).size).toBe(1)
    await expect(successorOf(successors[0] ?? '')).resolves.toBeTypeOf('string')
  })

  it('gives the same successor for ten seconds', async () => {
    const { refreshToken } = await start()
    const successor = await successorOf(refreshToken)
    pass(10)
    expect(await successorOf(refreshToken)).toBe(successor)
    await expect(successorOf(successor)).resolves.not.toBe(successor)
  })

  it('after them ends the session for whoever holds any of its tokens, and no other session', async () => {
    const { refreshToken, accessToken } = await start()
    const elsewhere = await start()
    const second = await successorOf(refreshToken)
    pass(60)
    const third = await successorOf(second)
    pass(11)
    await expectOver(refreshToken, second, third)
    await expect(renewAccessToken(deps, accessToken)).rejects.toMatchObject(over)
    await expect(successorOf(elsewhere.refreshToken)).resolves.toBeTypeOf('string')
  })

  it('after its successor was used ends the session, however soon', async () => {
    const { refreshToken } = await start()
    const third = await successorOf(await successorOf(refreshToken))
    await expectOver(refreshToken, third)
  })

  it('too late, by many at once, helps none of them', async () => {
    const { refreshToken } = await start()
    const second = await successorOf(refreshToken)
    pass(11)
    const results = await Promise.allSettled(
      [refreshToken, refreshToken, second, refreshToken, second].map((token) => successorOf(token)),
    )
    expect(results.filter(({ status }) => status === 'rejected').length).toBeGreaterThanOrEqual(3)
    await expectOver(refreshToken, second)
    for (const result of results) if (result.status === 'fulfilled') await expectOver(result.value)
  })
})

describe('a refresh that stopped half-way', () => {
  it.each(['create', 'replace'] as const)('before its %s is repeated with the same token', async (method) => {
    const { refreshToken } = await start()
    await expect(refreshSession(interrupted(deps, 'directory', method, crash), refreshToken)).rejects.toThrow('killed')
    pass(3600)
    const second = await successorOf(refreshToken)
    pass(3600)
    await expect(successorOf(second)).resolves.toBeTypeOf('string')
  })

  it('after its last write is repeated within the grace', async () => {
    const { refreshToken } = await start()
    const unheard = await successorOf(refreshToken)
    pass(5)
    expect(await successorOf(refreshToken)).toBe(unheard)
  })

  it('many times at every write gives one successor in the end', async () => {
    const { refreshToken } = await start()
    for (const method of ['create', 'replace', 'read', 'replace', 'create'] as const) {
      const stopping = interrupted(deps, 'directory', method, crash)
      await expect(refreshSession(stopping, refreshToken)).rejects.toThrow('killed')
    }
    expect(await successorOf(refreshToken)).toBe(await successorOf(refreshToken))
  })

  it('at a sign-in leaves nothing that works', async () => {
    const stopping = interrupted(deps, 'directory', 'create', (call) => (call === 2 ? crash() : undefined))
    await expect(startSession(stopping, userId)).rejects.toThrow('killed')
  })
})

describe('a refresh that loses a race', () => {
  it('against the end of the session gives nothing', async () => {
    const { refreshToken } = await start()
    const late = interrupted(deps, 'directory', 'replace', () => signOut(deps, { refreshTokens: [refreshToken] }))
    await expect(refreshSession(late, refreshToken)).rejects.toMatchObject(over)
    await expectOver(refreshToken)
  })

  it('against two refreshes of somebody else ends the session', async () => {
    const { refreshToken } = await start()
    let third = ''
    const late = interrupted(deps, 'directory', 'replace', async (call) => {
      if (call === 1) third = await successorOf(await successorOf(refreshToken))
    })
    await expect(refreshSession(late, refreshToken)).rejects.toMatchObject(over)
    await expectOver(third)
  })
})

describe('a session', () => {
  it('lives through fourteen idle days, less a second', async () => {
    const [used, unused] = [await start(), await start()]
    pass(14 * DAY - 1)
    await expect(successorOf(used.refreshToken)).resolves.toBeTypeOf('string')
    pass(1)
    await expectOver(unused.refreshToken)
  })

  it('is over after thirty days, however often it was used', async () => {
    let { refreshToken } = await start()
    for (const [days, maxAge] of [
      [10, 14 * DAY],
      [10, 10 * DAY],
      [9, DAY],
    ] as const) {
      pass(days * DAY)
      const next = await refreshSession(deps, refreshToken)
      expect(next.cookie.maxAge).toBe(maxAge)
      refreshToken = next.refreshToken
    }
    pass(DAY)
    await expectOver(refreshToken)
  })

  it('notes in each document when the store may forget it', async () => {
    const query = { text: "SELECT c.type, c.ttl FROM c WHERE c.type IN ('session', 'refresh')" }
    await refreshSession(deps, (await start()).refreshToken)
    const rows = await deps.containers.directory.query(query, (row) => row as { type: string; ttl: number })
    expect(rows.length).toBeGreaterThan(2)
    for (const { type, ttl } of rows) {
      expect(ttl).toBeGreaterThan(0)
      expect(ttl).toBeLessThanOrEqual((type === 'session' ? 14 : 30) * DAY)
    }
  })
})

describe('a valid access token', () => {
  it('gets another one of the same session, and nothing that lives longer', async () => {
    const { accessToken } = await start()
    pass(60)
    const renewed = await renewAccessToken(deps, accessToken)
    expect(Object.keys(renewed).sort()).toEqual(['accessToken', 'userId'])
    expect(renewed.accessToken).not.toBe(accessToken)
    expect(await verifyAccessToken(deps.config, renewed.accessToken, clock)).toEqual(
      await verifyAccessToken(deps.config, accessToken, clock),
    )
  })

  it('does not keep its session alive', async () => {
    const { sessionId } = await verifyAccessToken(deps.config, (await start()).accessToken, clock)
    pass(14 * DAY - 600)
    const latest = await issueAccessToken(deps.config, userId, clock, sessionId)
    const renewed = await renewAccessToken(deps, latest)
    pass(600)
    await expect(renewAccessToken(deps, renewed.accessToken)).rejects.toMatchObject(over)
  })

  it('gets nothing after its session ended, without a session or with another person’s', async () => {
    const { accessToken, refreshToken } = await start()
    const { sessionId } = await verifyAccessToken(deps.config, accessToken, clock)
    const foreign = await issueAccessToken(deps.config, (await aPerson(world)).userId, clock, sessionId)
    const without = await issueAccessToken(deps.config, userId, clock)
    for (const token of [foreign, without]) {
      await expect(renewAccessToken(deps, token)).rejects.toMatchObject(over)
    }
    await expect(renewAccessToken(deps, accessToken)).resolves.toBeDefined()
    await signOut(deps, { refreshTokens: [refreshToken] })
    await expect(renewAccessToken(deps, accessToken)).rejects.toMatchObject(over)
  })

  it('gets nothing once it has expired', async () => {
    const { accessToken } = await start()
    pass(15 * 60)
    await expect(renewAccessToken(deps, accessToken)).rejects.toMatchObject({ code: 'unauthorized' })
  })
})
