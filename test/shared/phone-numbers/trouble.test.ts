import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { executeCampaign } from '../../../shared/campaigns/execute.ts'
import { campaignStore } from '../../../shared/campaigns/store.ts'
import { newId } from '../../../shared/ids.ts'
import { phoneNumberResponse } from '../../../shared/phone-numbers/api.ts'
import { findPhoneNumber } from '../../../shared/phone-numbers/find.ts'
import { syncPhoneNumber } from '../../../shared/phone-numbers/sync.ts'
import { stopNumber, warnOfCode } from '../../../shared/phone-numbers/trouble.ts'
import { updatePhoneNumber } from '../../../shared/phone-numbers/update.ts'
import { aMessageWorld, type MessageWorld } from '../../support/message-world.ts'

let w: MessageWorld
beforeAll(async () => {
  w = await aMessageWorld()
})
afterAll(() => w.close())
beforeEach(async () => {
  await w.simulator.control('DELETE', 'faults')
  await syncPhoneNumber(w.deps, w.workspaceId, w.phoneNumberId)
})

const number = () => findPhoneNumber(w.deps, w.workspaceId, w.phoneNumberId)
const EXPIRED = 'The access token expired or was revoked (Meta 190)'

async function running(): Promise<string> {
  const id = await w.aCampaign()
  await executeCampaign(w.deps, w.workspaceId, id)
  w.queued.splice(0)
  return id
}
const statusOf = async (id: string) => (await campaignStore(w.deps).get(w.workspaceId, id)).value

async function refusing(code: number): Promise<void> {
  const match = { method: 'POST', path: '/messages' }
  await w.simulator.control('POST', 'faults', {
    match,
    mode: 'always',
    effect: { kind: 'graph_error', code, http: 401 },
  })
}

describe('a token that Meta does not take any more', () => {
  it('told in answer to a single message marks the number and pauses its campaigns, until a sync', async () => {
    const id = await running()
    await refusing(190)
    const message = await w.template(w.aStranger())
    await w.deliver()
    expect(await w.status(message.id)).toMatchObject({ status: 'failed' })
    const marked = phoneNumberResponse(await number())
    expect(marked.trouble).toMatchObject({ kind: 'token', reason: EXPIRED })
    expect(marked.token_refused_at).toBe(marked.trouble?.since)
    expect(await statusOf(id)).toMatchObject({ status: 'SCHEDULED', pause_reason: EXPIRED })
    await w.simulator.control('DELETE', 'faults')
    await syncPhoneNumber(w.deps, w.workspaceId, w.phoneNumberId)
    expect(await number()).toMatchObject({ trouble: null, token_refused_at: null })
    expect((await statusOf(id)).status).toBe('SCHEDULED')
  })

  it('is over with a new token', async () => {
    const refusal = { code: 190, what: 'account', reason: EXPIRED, at: w.deps.now().toISOString() } as const
    await stopNumber(w.deps, w.workspaceId, w.phoneNumberId, refusal)
    expect((await number()).trouble).toMatchObject({ kind: 'token' })
    await updatePhoneNumber(w.deps, w.workspaceId, w.phoneNumberId, { accessToken: w.simulator.accessToken })
    expect((await number()).trouble).toBeNull()
  })
})

describe('trouble with the account', () => {
  it('reported of a single message later marks the number, unless Meta was asked since', async () => {
    const id = await running()
    const message = await w.template(w.aStranger())
    await w.deliver()
    const failed = (seconds: number) => ({
      id: 'wamid.x',
      status: 'failed',
      timestamp: String(Math.floor(Date.now() / 1000) + seconds),
      biz_opaque_callback_data: message.id,
      errors: [{ code: 131042 }],
    })
    await w.told(failed(2))
    expect((await number()).trouble).toMatchObject({
      kind: 'account',
      reason: expect.stringContaining('131042') as string,
    })
    expect((await statusOf(id)).status).toBe('SCHEDULED')
    const old = { code: 131042, what: 'account', reason: 'old', at: '2026-01-01T00:00:00.000Z' } as const
    await syncPhoneNumber(w.deps, w.workspaceId, w.phoneNumberId)
    await stopNumber(w.deps, w.workspaceId, w.phoneNumberId, old)
    expect((await number()).trouble).toBeNull()
  })

  it('of a number that was deleted meanwhile marks nothing, and fails nothing', async () => {
    const gone = newId('phoneNumber', w.workspaceId)
    const refusal = { code: 131042, what: 'account', reason: 'old', at: w.deps.now().toISOString() } as const
    await stopNumber(w.deps, w.workspaceId, gone, refusal)
    await warnOfCode(w.deps, w.workspaceId, gone, { code: 131030, at: w.deps.now() })
    expect((await number()).trouble).toBeNull()
  })
})
