import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { createCampaign } from '../../../shared/campaigns/create.ts'
import { executeCampaign } from '../../../shared/campaigns/execute.ts'
import { cancelCampaign } from '../../../shared/campaigns/cancel.ts'
import { CampaignPreflight } from '../../../shared/campaigns/preflight-api.ts'
import { preflightCampaign } from '../../../shared/campaigns/preflight.ts'
import { RECIPIENTS_PER_READ } from '../../../shared/campaigns/read-recipients.ts'
import { previewCampaign } from '../../../shared/campaigns/preview.ts'
import { createContact } from '../../../shared/contacts/create.ts'
import { updateContact } from '../../../shared/contacts/update.ts'
import { phoneNumberStore } from '../../../shared/phone-numbers/store.ts'
import { templateStore } from '../../../shared/templates/store.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { approveTemplate, campaignWith, SHAPES, storeTemplate } from '../../support/campaign-templates.ts'
import { addContacts, aCampaignWorld, type CampaignWorld } from '../../support/campaign-world.ts'
import { watched } from '../../support/every-endpoint.ts'

let w: CampaignWorld
beforeAll(async () => {
  w = await aCampaignWorld({ contacts: 0 })
  const contact = (index: number, given: Partial<Parameters<typeof createContact>[2]>) =>
    createContact(w.deps, w.workspaceId, { phone_number: `+1201555010${index}`, ...given })
  await contact(0, { name: 'Ada', attributes: { city: 'Rome' } })
  await contact(1, { name: 'Bo', attributes: { City: 'Oslo' } })
  await contact(2, { name: 'Cy' })
  await contact(3, { attributes: { city: 'Bonn' } })
  await contact(4, {})
  const { id } = await contact(5, { name: 'Di', attributes: { city: 'Wien' } })
  await updateContact(w.deps, w.workspaceId, id, { opted_in: false, source: 'api' })
  for (const [index, note] of [[6, 'x'.repeat(500)] as const, [7, 'y'.repeat(500)] as const]) {
    await contact(index, { name: 'Long', attributes: { city: note, more: note } })
  }
})
afterAll(() => w.close())

const preflight = (id: string, most?: number) => preflightCampaign(w.deps, w.workspaceId, id, most)
const CITY = {
  'body.first_name': { field: 'first_name' as const },
  'body.city': { attribute: 'CITY' },
}

describe('a preflight', () => {
  it('counts exactly what planning then does, names the problems, and writes nothing', async () => {
    const id = await campaignWith(w, await approveTemplate(w, SHAPES.named), CITY)
    const { deps, done } = watched(w.deps)
    const before = await preflightCampaign(deps, w.workspaceId, id)
    expect(done).toEqual([])
    expect(CampaignPreflight.parse(before)).toEqual(before)
    expect(before).toMatchObject({
      ready: true,
      blocking: [],
      totals: {
        audience: 8,
        checked: 7,
        of: 7,
        is_complete: true,
        would_send: 4,
        skipped: [
          { reason: 'opted_out', count: 1 },
          { reason: 'missing_variable', count: 3 },
        ],
      },
      number: { status: 'active', allowed_per_second: 1000 },
      estimate: { messages: 4, seconds: 1, days_held: 0 },
    })
    expect(before.problems.map(({ problem, variable, count }) => [problem, variable, count])).toEqual([
      ['missing_variable', 'body.first_name', 2],
      ['missing_variable', 'body.city', 1],
    ])
    const preview = await previewCampaign(w.deps, w.workspaceId, id, {})
    expect(preview).toMatchObject({ total: 8, would_receive: 4 })
    await executeCampaign(w.deps, w.workspaceId, id)
    await w.settle()
    expect(await w.counters(id)).toMatchObject({ total_contacts: 7, sent_count: 4, skipped_count: 3, failed_count: 0 })
  })

  it('tells which messages Meta will refuse for their length, with at most five examples', async () => {
    const body = `Hello ${'dear '.repeat(20)}{{1}} and {{2}} and good day.`
    const template = await storeTemplate(w, [{ type: 'BODY', text: body }])
    const long = { attribute: 'city', fallback: 'there' }
    const id = await campaignWith(w, template, { 'body.1': long, 'body.2': { attribute: 'more', fallback: 'you' } })
    const { problems, totals } = await preflight(id)
    expect(problems).toMatchObject([{ problem: 'too_long', variable: 'body', count: 2 }])
    expect(problems[0]?.examples[0]?.detail).toMatch(/^body has 1\d\d\d characters$/)
    expect(totals.would_send).toBe(7)
  })

  it('names everything that keeps the campaign from starting at once', async () => {
    const template = await storeTemplate(w, SHAPES.named)
    const id = await campaignWith(w, template, CITY)
    const templates = templateStore(w.deps.containers)
    const stored = (await templates.find(w.workspaceId, template.id))!
    await templates.replace(stored, { ...stored.value, status: 'PAUSED', components: SHAPES.positional })
    const numbers = phoneNumberStore(w.deps.containers)
    const number = (await numbers.find(w.workspaceId, w.phoneNumberId))!
    const disabled = await numbers.replace(number, { ...number.value, status: 'disabled' })
    try {
      const { ready, blocking, summary } = await preflight(id)
      expect(ready).toBe(false)
      expect(blocking.map(({ code, field }) => [code, field])).toEqual([
        ['template_not_approved', null],
        ['phone_number_not_active', null],
        ['validation_failed', 'variables.header.1'],
        ['validation_failed', 'variables.body.1'],
        ['validation_failed', 'variables.body.2'],
        ['validation_failed', 'variables.body.first_name'],
        ['validation_failed', 'variables.body.city'],
      ])
      expect(summary).toContain('It cannot start: 7 things to change')
    } finally {
      await numbers.replace(disabled, number.value)
    }
    await cancelCampaign(w.deps, w.workspaceId, id)
    expect((await preflight(id)).blocking[0]).toMatchObject({ code: 'campaign_not_sendable' })
  })

  it('of a draft without a template asks for one, and counts its audience', async () => {
    const { id } = await createCampaign(w.deps, w.workspaceId, {
      workspace_id: w.workspaceId,
      phone_number_id: w.phoneNumberId,
      name: 'Autumn',
    })
    const { blocking, totals } = await preflight(id)
    expect(blocking).toMatchObject([{ code: 'validation_failed', field: 'template_id' }])
    expect(totals).toMatchObject({ audience: 8, would_send: 7 })
  })

  it('says how many people the portfolio may still write to, and how long its limit will hold the campaign', async () => {
    const numbers = phoneNumberStore(w.deps.containers)
    const number = (await numbers.find(w.workspaceId, w.phoneNumberId))!
    const small = await numbers.replace(number, { ...number.value, tier: 'TIER_5', throughput_level: 'STANDARD' })
    try {
      const portfolio = number.value.waba_id ?? number.value.meta_id
      const { used } = (await preflight(await w.aCampaign())).portfolio!
      await w.deps.pacer.roomFor(portfolio, { limit: 5, users: ['+12015550001', '+12015550002'] })
      const { portfolio: now, number: rate, estimate } = await preflight(await w.aCampaign())
      expect(now).toEqual({ tier: 'TIER_5', limit: 5, used: used! + 2, left: Math.max(0, 3 - used!) })
      expect(estimate).toMatchObject({ messages: 7, days_held: Math.ceil((7 - now!.left!) / 5) })
      expect(rate).toMatchObject({ allowed_per_second: 80, rate_per_second: 76 })
      await w.deps.pacer.slowDown(number.value.meta_id)
      expect((await preflight(await w.aCampaign())).number!.rate_per_second).toBeLessThan(76)
    } finally {
      await numbers.replace(small, number.value)
    }
  })

  it('of another workspace is not found', async () => {
    const asking = preflightCampaign(w.deps, aWorkspaceId(), await w.aCampaign())
    await expect(asking).rejects.toMatchObject({ code: 'campaign_not_found' })
  })

  it('reads a large audience in parts, and says so where it stops', async () => {
    await addContacts(w.deps, w.workspaceId, { count: RECIPIENTS_PER_READ })
    const id = await w.aCampaign()
    const of = RECIPIENTS_PER_READ + 7
    expect((await preflight(id)).totals).toMatchObject({ checked: of, of, is_complete: true, would_send: of })
    const { totals, estimate, summary } = await preflight(id, 1)
    expect(totals).toMatchObject({ checked: RECIPIENTS_PER_READ, of, is_complete: false, audience: of + 1 })
    expect(estimate?.messages).toBe(of)
    expect(summary).toContain(`Checked: ${RECIPIENTS_PER_READ} of ${of}`)
  })
})
