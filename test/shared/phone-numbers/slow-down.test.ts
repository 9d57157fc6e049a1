import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { newId } from '../../../shared/ids.ts'
import { findPhoneNumber } from '../../../shared/phone-numbers/find.ts'
import { sealAppSecret, sealToken, type PhoneNumber } from '../../../shared/phone-numbers/schema.ts'
import { slowDown } from '../../../shared/phone-numbers/slow-down.ts'
import { phoneNumberStore } from '../../../shared/phone-numbers/store.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { aCampaignWorld, type CampaignWorld } from '../../support/campaign-world.ts'

let w: CampaignWorld
let own: PhoneNumber
beforeAll(async () => {
  w = await aCampaignWorld({ contacts: 0 })
  own = await findPhoneNumber(w.deps, w.workspaceId, w.phoneNumberId)
  await aNumber('sister', own.waba_id, null)
  await aNumber('of-another-app', own.waba_id, 'the secret of another app')
  await aNumber('of-another-account', '777', null)
  await aNumber('without-account', null, null)
  await aNumber('of-another-workspace', own.waba_id, null, aWorkspaceId())
})
afterAll(() => w.close())

async function aNumber(metaId: string, wabaId: string | null, appSecret: string | null, workspaceId = w.workspaceId) {
  const row = { id: newId('phoneNumber', workspaceId), workspace_id: workspaceId }
  const { config, containers } = w.deps
  const secrets = {
    access_token: sealToken(config, row, 'token'),
    app_secret: appSecret === null ? null : sealAppSecret(config, row, appSecret),
  }
  await phoneNumberStore(containers).create({ ...own, ...row, ...secrets, meta_id: metaId, waba_id: wabaId })
}

/** Who stands still, and for how long, when the number hears this code. */
async function slowedBy(code: number): Promise<Record<string, number | undefined>> {
  const slowed: Record<string, number | undefined> = {}
  const pacer = {
    ...w.deps.pacer,
    slowDown: (number: string, stopMs?: number) => {
      slowed[number === own.meta_id ? 'own' : number] = stopMs
      return Promise.resolve()
    },
  }
  await slowDown({ ...w.deps, pacer }, own, code)
  return slowed
}

describe('calls that come too fast', () => {
  it('slow down the number alone, where it is over its own throughput (130429)', async () => {
    expect(await slowedBy(130429)).toEqual({ own: undefined })
  })

  it('stop all numbers of the account for minutes, where it is the account’s limit (80007)', async () => {
    expect(await slowedBy(80007)).toEqual({ own: 120_000, sister: 120_000, 'of-another-app': 120_000 })
  })

  it('stop all numbers of the app for minutes, where it is the app’s limit (4)', async () => {
    const numbers = ['own', 'sister', 'of-another-account', 'without-account']
    expect(await slowedBy(4)).toEqual(Object.fromEntries(numbers.map((name) => [name, 120_000])))
  })
})
