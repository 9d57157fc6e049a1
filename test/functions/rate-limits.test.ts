/** Requests beyond the limits of a plan, at the edge. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { listContactsEndpoint } from '../../functions/contacts/list.ts'
import { meEndpoint } from '../../functions/accounts/me.ts'
import { signInEndpoint } from '../../functions/accounts/sign-in.ts'
import { docsEndpoint } from '../../functions/docs/page.ts'
import { uploadMediaEndpoint } from '../../functions/media/upload.ts'
import { getWorkspaceEndpoint } from '../../functions/workspaces/get.ts'
import { createDeps } from '../../shared/create-deps.ts'
import { PLANS } from '../../shared/workspaces/plans.ts'
import { updateWorkspace } from '../../shared/workspaces/update.ts'
import { callEndpoint, type CallAnswer } from '../support/http.ts'
import { aForm, aPng, FORM_HEADERS, uploadFields } from '../support/media-samples.ts'
import { aMember } from '../support/members.ts'
import { aTenant, textAt, type Tenant } from '../support/tenants.ts'
import { aWorld, type World } from '../support/world.ts'

const { caller: CALLER, workspace: WORKSPACE } = PLANS.free.requests_per_minute

/** Stands still, so that nothing comes back while the test asks. */
let clock = new Date()
let world: World
let acme: Tenant

beforeAll(async () => {
  world = await aWorld({ now: () => clock })
  acme = await aTenant(world)
  await updateWorkspace(world.deps, acme.id, 'OWNER', { plan: 'free' })
})
afterAll(() => world.close())

/** Another process on the same stores. */
function another(): World {
  return { ...world, deps: createDeps(world.config, { log: world.deps.log, now: () => clock }) }
}

function list(at: World, headers: Record<string, string>): Promise<CallAnswer> {
  return callEndpoint(at, listContactsEndpoint, { query: { workspace_id: acme.id }, headers })
}

/** Its form names the workspace, last of all, so that nothing else of the request tells which one it is about. */
function upload({ token }: { token: string }): Promise<CallAnswer> {
  const fields = uploadFields(acme.id, { name: 'a.png', mime: 'image/png', content: aPng() })
  return callEndpoint(world, uploadMediaEndpoint, { bytes: aForm(fields.toReversed()), headers: FORM_HEADERS, token })
}

/** How many of `count` are answered. Malformed ones count too: they cost no store anything here. */
async function spend(at: World[], count: number, headers: Record<string, string>): Promise<number> {
  let answered = 0
  for (let turn = 0; turn < count; turn++) {
    const query = { workspace_id: acme.id, limit: '0' }
    const { status } = await callEndpoint(at[turn % at.length] as World, listContactsEndpoint, { query, headers })
    if (status === 422) answered++
    else expect(status).toBe(429)
  }
  return answered
}

const bearer = (token: string) => ({ authorization: `Bearer ${token}` })

describe('a caller', () => {
  it('is told where it stands, and held back across instances with the time to wait', async () => {
    const at = [world, another()]
    const first = await list(world, bearer(acme.owner.token))
    expect([first.status, first.headers]).toMatchObject([
      200,
      { 'ratelimit-limit': String(CALLER), 'ratelimit-remaining': String(CALLER - 1), 'ratelimit-reset': '1' },
    ])
    const answered = 1 + (await spend(at, CALLER + 100, bearer(acme.owner.token)))
    expect(answered).toBeGreaterThanOrEqual(CALLER)
    expect(answered).toBeLessThanOrEqual(CALLER * (1 + 1 / 25))
    const refused = await list(world, bearer(acme.owner.token))
    expect(refused.status).toBe(429)
    expect(refused.body).toMatchObject({ code: 'too_many_requests' })
    expect(refused.headers).toMatchObject({ 'ratelimit-limit': String(CALLER), 'ratelimit-remaining': '0' })
    const waitSeconds = Number(refused.headers['retry-after'])
    expect(waitSeconds).toBeGreaterThan(0)
    clock = new Date(clock.getTime() + waitSeconds * 1000)
    expect((await list(world, bearer(acme.owner.token))).status).toBe(200)
  })

  it('takes nothing from others of the workspace, and nothing from itself elsewhere', async () => {
    await spend([world], CALLER, bearer(acme.owner.token))
    expect((await list(world, bearer(acme.owner.token))).status).toBe(429)
    expect(await upload(acme.owner)).toMatchObject({
      status: 429,
      headers: { 'ratelimit-limit': String(CALLER), 'ratelimit-remaining': '0', 'retry-after': '1' },
    })
    const mate = await aMember(world, acme.id, 'MEMBER')
    expect((await list(world, bearer(mate.token))).status).toBe(200)
    expect(await upload(mate)).toMatchObject({ status: 201, headers: { 'ratelimit-remaining': String(CALLER - 2) } })
    expect((await callEndpoint(world, meEndpoint, { token: acme.owner.token })).status).toBe(200)
    const globex = await aTenant(world, 'Globex')
    const query = { workspace_id: globex.id }
    const other = await callEndpoint(world, listContactsEndpoint, { query, token: globex.owner.token })
    expect([other.status, other.headers['ratelimit-limit']]).toEqual([200, '60000'])
    // Who is no member spends nothing of the workspace.
    const stranger = await callEndpoint(world, listContactsEndpoint, { query, token: acme.owner.token })
    expect([stranger.status, stranger.headers['ratelimit-limit']]).toEqual([403, '6000'])
  })
})

describe('a workspace', () => {
  it('has one limit for all who are in it, its API key too', async () => {
    clock = new Date(clock.getTime() + 600_000)
    const workspace = await callEndpoint(world, getWorkspaceEndpoint, {
      token: acme.owner.token,
      params: { workspace_id: acme.id },
    })
    const mates = await Promise.all([aMember(world, acme.id, 'MEMBER'), aMember(world, acme.id, 'AGENT')])
    const callers = [{ 'x-api-key': textAt(workspace, 'api_key') }, ...mates.map(({ token }) => bearer(token))]
    let answered = 1
    for (const headers of callers) answered += await spend([world], CALLER - 1, headers)
    expect(answered).toBe(WORKSPACE)
    const refused = await list(world, callers[2] ?? {})
    expect([refused.status, refused.headers['ratelimit-limit']]).toEqual([429, String(WORKSPACE)])
  })

  it('has the limits of its new plan a minute later at most', async () => {
    await updateWorkspace(world.deps, acme.id, 'OWNER', { plan: 'pro' })
    clock = new Date(clock.getTime() + 60_000)
    const answer = await list(world, bearer(acme.owner.token))
    expect([answer.status, answer.headers['ratelimit-limit']]).toEqual([200, '3000'])
  })
})

it('does not hold back what needs no credential', async () => {
  const json = { email: 'nobody@example.com', password: 'wrong password', name: 'x' }
  const answers = [await callEndpoint(world, docsEndpoint), await callEndpoint(world, signInEndpoint, { json })]
  for (const { headers } of answers) expect(headers).not.toHaveProperty('ratelimit-limit')
})
