/** Every sample of an account event, told about a world in which a campaign is sending, and all that it changes there. */
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { executeCampaign } from '../../../shared/campaigns/execute.ts'
import { campaignStore } from '../../../shared/campaigns/store.ts'
import { contactId } from '../../../shared/contacts/schema.ts'
import { findPhoneNumber } from '../../../shared/phone-numbers/find.ts'
import { phoneNumberDirectory } from '../../../shared/phone-numbers/directory.ts'
import { phoneNumberStore } from '../../../shared/phone-numbers/store.ts'
import { templateStore } from '../../../shared/templates/store.ts'
import { applyAccountEvents } from '../../../shared/webhooks/apply-account.ts'
import { parseBody, splitBody, type Change } from '../../../shared/webhooks/split.ts'
import { aPhoneNumber, aWorkspaceId } from '../../support/builders.ts'
import { aCampaignWorld, type CampaignWorld } from '../../support/campaign-world.ts'
import { sampleNames, sampleText } from '../../support/webhooks.ts'

let w: CampaignWorld
let campaignId: string
/** More digits than a double holds, as a JSON number on the wire. */
const META_TEMPLATE_ID = '90071992547409931'
beforeAll(async () => {
  w = await aCampaignWorld({ contacts: 1 })
})
afterAll(() => w.close())

const number = () => findPhoneNumber(w.deps, w.workspaceId, w.phoneNumberId)
const template = async () => (await templateStore(w.deps.containers).find(w.workspaceId, w.templateId))!.value
const campaign = async () => (await campaignStore(w.deps).get(w.workspaceId, campaignId)).value

const NEVER = '2020-01-01T00:00:00.000Z'

beforeEach(async () => {
  const numbers = phoneNumberStore(w.deps.containers)
  const stored = await numbers.find(w.workspaceId, w.phoneNumberId)
  const { account_event: _event, ...rest } = stored!.value
  await numbers.replace(stored!, { ...rest, synced_at: NEVER, trouble: null })
  const templates = templateStore(w.deps.containers)
  const known = await templates.find(w.workspaceId, w.templateId)
  const { disables_at: _at, status_details: _details, ...plain } = known!.value
  const approved = { ...plain, status: 'APPROVED' as const, status_at: null, category: 'UTILITY' as const }
  await templates.replace(known!, { ...approved, meta_template_id: META_TEMPLATE_ID })
  await w.deps.containers.contacts.remove(contactId(w.workspaceId, '15550009876'), w.workspaceId)
  campaignId = await w.aCampaign()
  await executeCampaign(w.deps, w.workspaceId, campaignId)
  w.queued.splice(0)
})

const RECEIVED_AT = '2026-11-20T12:00:00.000Z'

/** The sample with our ids in place of its own, as it comes out of the queue. */
async function changesOf(name: string): Promise<Change[]> {
  const text = sampleText(`${name}.json`)
    .replaceAll('102290000000001', w.simulator.wabaId)
    .replaceAll('106540000000001', w.simulator.phoneNumberId)
    .replaceAll('15550001234', (await number()).display_digits)
    .replace(/"message_template_name": "[^"]*"/, '"message_template_name": "autumn_greeting"')
    .replace(/"message_template_language": "[^"]*"/, '"message_template_language": "en"')
    .replace(/"message_template_id": \d+/, `"message_template_id": ${META_TEMPLATE_ID}`)
  return splitBody(parseBody(text))?.get('account') ?? []
}

interface Effects {
  /** For inspection, because it changes nothing here. */
  kept?: true
  /** Meta is asked about the number. */
  synced?: true
  trouble?: [kind: string, reason: string]
  /** The campaign, with this reason. */
  paused?: string
  template?: Record<string, unknown>
  /** Meta is asked about the template. */
  templateAsked?: true
  /** The person of the sample. */
  contact?: Record<string, unknown>
}

async function effectsOf(changes: Change[]): Promise<Effects> {
  const before = await template()
  const kept: string[] = []
  const blobs: typeof w.deps.blobs = {
    ...w.deps.blobs,
    put: (_container, name) => {
      kept.push(name)
      return Promise.resolve()
    },
  }
  await applyAccountEvents({ ...w.deps, blobs }, { received_at: RECEIVED_AT, changes })
  const [{ synced_at, trouble }, { pause_reason, status }, after] = [await number(), await campaign(), await template()]
  const [person] = await w.deps.containers.contacts.query(
    {
      text: "SELECT c.opted_in, c.opted_in_source, c.user_id FROM c WHERE c.id = @id AND c.type = 'contact'",
      parameters: { id: contactId(w.workspaceId, '15550009876') },
      partition: w.workspaceId,
    },
    (row) => row as Record<string, unknown>,
  )
  const changed = Object.entries(after).filter(([key, value]) => before[key as keyof typeof before] !== value)
  const news = Object.fromEntries(changed.filter(([key]) => !/_at$|^components/.test(key) || key === 'disables_at'))
  return {
    ...(kept.length > 0 ? { kept: true } : {}),
    ...(synced_at !== NEVER ? { synced: true } : {}),
    ...(trouble ? { trouble: [trouble.kind, trouble.reason] } : {}),
    ...(status === 'SENDING' ? {} : { paused: String(pause_reason) }),
    ...(Object.keys(news).length > 0 ? { template: news } : {}),
    ...(w.taken('template-submissions').length > 0 ? { templateAsked: true } : {}),
    ...(person ? { contact: person } : {}),
  }
}

const stopped = (reason: string): Effects => ({ trouble: ['account', reason], paused: reason })
const KEPT: Effects = { kept: true }
const RESTRICTED = 'Meta restricted the messages of the WhatsApp account for a policy violation, until 2026-09-28'
const PAUSED = 'Your WhatsApp message template has been paused for 3 hours.'
const DISABLED = 'Your WhatsApp message template has been disabled.'
const REJECTED =
  'Your template has parameters placed next to each other (like {{1}}{{2}}) without text or punctuation between them. ' +
  'Separate parameters with descriptive text and ensure each parameter is clearly contextualized.'

/** Samples that are kept say nothing about whether, or how fast, messages can be sent to whom. */
const EFFECTS: Record<string, Effects> = {
  'account-alerts': { trouble: ['warning', expect.stringContaining('Limits cannot be increased') as string] },
  'account-review-update': { synced: true },
  'account-update-disabled': stopped('Meta disabled the WhatsApp account'),
  'account-update-partner-removed': stopped('The WhatsApp account was disconnected from this app at Meta'),
  'account-update-restriction': stopped(RESTRICTED),
  'account-update-violation': { trouble: ['warning', 'Meta found a violation of its policy: ADULT'] },
  'business-capability-update': { synced: true },
  'business-username-update': KEPT,
  'calls-connect': KEPT,
  'flows-status-change': KEPT,
  'payment-configuration-update': KEPT,
  'phone-number-name-update': { synced: true },
  'phone-number-quality-update': { synced: true },
  security: { trouble: ['warning', 'Somebody asked Meta to take the PIN off the number'] },
  'smb-app-state-sync': KEPT,
  'template-category-update-completed': { template: { category: 'MARKETING' } },
  'template-category-update-impending': {},
  'template-components-update': { templateAsked: true },
  'template-quality-update': { template: { quality_score: 'YELLOW' } },
  'template-status-approved': {},
  'template-status-disabled': {
    template: {
      status: 'DISABLED',
      category: 'MARKETING',
      status_details: DISABLED,
      disables_at: '2026-09-22T14:13:20.000Z',
    },
    paused: `Meta disabled the template for good: autumn_greeting (en). ${DISABLED}`,
  },
  'template-status-paused': {
    template: { status: 'PAUSED', category: 'MARKETING', status_details: PAUSED },
    paused: `Meta paused the template because of low quality: autumn_greeting (en). ${PAUSED}`,
  },
  'template-status-rejected': {
    template: {
      status: 'REJECTED',
      category: 'MARKETING',
      rejection_reason: 'INVALID_FORMAT',
      status_details: REJECTED,
    },
    paused: `Meta rejected the template: autumn_greeting (en). ${REJECTED}`,
  },
  // Of a person who is no contact.
  'user-id-update': {},
  'user-preferences-resume': {
    contact: { opted_in: true, opted_in_source: 'meta', user_id: 'US.13490000000000000001' },
  },
  'user-preferences-stop': {
    contact: { opted_in: false, opted_in_source: 'meta', user_id: 'US.13490000000000000001' },
  },
}

const samples = sampleNames().filter(
  (name) => splitBody(parseBody(sampleText(`${name}.json`)))?.has('account') === true,
)

describe('the sample', () => {
  it('has an effect told here, each of them', () => {
    expect(samples).toEqual(Object.keys(EFFECTS).sort())
  })

  it.each(Object.entries(EFFECTS))('%s changes just that, and told again nothing more', async (name, effects) => {
    const changes = await changesOf(name)
    expect(await effectsOf(changes)).toEqual(effects)
    const [first, kept] = [await number(), await template()]
    await effectsOf(changes)
    expect({ ...(await number()), synced_at: null, updated_at: null }).toEqual({
      ...first,
      synced_at: null,
      updated_at: null,
    })
    expect(await template()).toEqual(kept)
  })
})

function accountUpdate(value: Record<string, unknown>, entry_time: number): Change {
  return { entry_id: w.simulator.wabaId, entry_time, field: 'account_update', value }
}
const ban = (waba_ban_state: string, time: number) =>
  accountUpdate({ event: 'DISABLED_UPDATE', ban_info: { waba_ban_state, waba_ban_date: 'December 24, 2026' } }, time)

describe('events about the account', () => {
  it('that it is over take the mark away and resume nothing; a replay of all stops nothing again', async () => {
    const events = [ban('DISABLE', 1_790_000_000), ban('REINSTATE', 1_790_000_500)]
    await effectsOf(events)
    expect(await number()).toMatchObject({ trouble: null })
    expect(await campaign()).toMatchObject({ status: 'SCHEDULED', pause_reason: 'Meta disabled the WhatsApp account' })
    await executeCampaign(w.deps, w.workspaceId, campaignId)
    await effectsOf([...events, ...events.reverse()])
    expect(await number()).toMatchObject({ trouble: null })
    expect(await campaign()).toMatchObject({ status: 'SENDING' })
  })

  it('in the wrong order end as in the right one', async () => {
    await effectsOf([ban('REINSTATE', 1_790_000_500), ban('DISABLE', 1_790_000_000)])
    expect(await number()).toMatchObject({ trouble: null })
    expect(await campaign()).toMatchObject({ status: 'SENDING' })
  })

  it('that announce a ban warn with its day, and do not hide what stops the number', async () => {
    const day = 'Meta will disable the WhatsApp account on 2026-12-24'
    expect(await effectsOf([ban('SCHEDULE_FOR_DISABLE', 1_790_000_000)])).toEqual({ trouble: ['warning', day] })
    const restriction = {
      event: 'ACCOUNT_RESTRICTION',
      restriction_info: [{ restriction_type: 'RESTRICTED_BIZ_INITIATED_MESSAGING' }],
    }
    await effectsOf([accountUpdate(restriction, 1_790_000_100), ban('SCHEDULE_FOR_DISABLE', 1_790_000_200)])
    expect((await number()).trouble).toMatchObject({ kind: 'account' })
  })

  it('that are alerts warn with Meta’s words, about the number or all of the account, until they are over', async () => {
    const alert = (alert_info: object, time: number, of: object = { entity_type: 'BUSINESS', entity_id: '1' }) => ({
      ...accountUpdate({ ...of, alert_info: { alert_type: 'OBA', alert_description: 'Look', ...alert_info } }, time),
      field: 'account_alerts',
    })
    const active = (severity: string, time: number, of?: object) =>
      alert({ alert_severity: severity, alert_status: 'ACTIVE' }, time, of)
    const ours = { entity_type: 'PHONE_NUMBER', entity_id: w.simulator.phoneNumberId }
    const theirs = { entity_type: 'PHONE_NUMBER', entity_id: '12345' }
    const warned: Effects = { trouble: ['warning', 'Meta’s alert OBA: Look'] }
    expect(await effectsOf([active('INFORMATIONAL', 1_790_000_000)])).toEqual(KEPT)
    expect(await effectsOf([active('CRITICAL', 1_790_000_000, theirs)])).toEqual(KEPT)
    expect(await effectsOf([active('CRITICAL', 1_790_000_100, ours)])).toEqual(warned)
    const over = alert({ alert_severity: 'CRITICAL', alert_status: 'RESOLVED' }, 1_790_000_050)
    expect(await effectsOf([over])).toEqual(warned)
    expect(await effectsOf([{ ...over, entry_time: 1_790_000_200 }])).toEqual({})
    await effectsOf([active('WARNING', 1_790_000_300), ban('DISABLE', 1_790_000_250)])
    expect((await number()).trouble).toMatchObject({ kind: 'account' })
    await effectsOf([active('WARNING', 1_790_000_400)])
    expect((await number()).trouble).toMatchObject({ kind: 'account' })
  })

  it.each(['VOLUME_BASED_PRICING_TIER_UPDATE', 'MM_LITE_TERMS_SIGNED', 'SOMETHING_NEW', 'toString'])(
    '%s are kept',
    async (event) => {
      expect(await effectsOf([accountUpdate({ event }, 1_790_000_000)])).toEqual(KEPT)
    },
  )

  it('of several tenants in one body reach each their own, and nobody else', async () => {
    const others = await Promise.all(
      ['888', '889'].map(async (waba_id) => {
        const workspaceId = aWorkspaceId()
        const other = aPhoneNumber(workspaceId, { waba_id, meta_id: `55${waba_id}` })
        await phoneNumberStore(w.deps.containers).create(other)
        await phoneNumberDirectory(w.deps.containers).addToWaba(waba_id, workspaceId)
        return other
      }),
    )
    const warning = accountUpdate(
      { event: 'ACCOUNT_VIOLATION', violation_info: { violation_type: 'SCAM' } },
      1_790_000_000,
    )
    await effectsOf([ban('DISABLE', 1_790_000_000), { ...warning, entry_id: '888' }])
    expect((await number()).trouble).toMatchObject({ kind: 'account' })
    const found = others.map(({ workspace_id, id }) => findPhoneNumber(w.deps, workspace_id, id))
    expect((await Promise.all(found)).map(({ trouble }) => trouble?.kind)).toEqual(['warning', undefined])
  })

  it('of another account, and of odd shapes, are kept, and their neighbours are applied', async () => {
    const odd = [
      { ...ban('DISABLE', 1), entry_id: '999' },
      { ...ban('DISABLE', 1), value: null },
      accountUpdate({ event: 7 }, 1),
      accountUpdate({ event: 'DISABLED_UPDATE', ban_info: 'soon' }, 1),
    ]
    const effects = await effectsOf([...odd, ban('DISABLE', 1_790_000_000)])
    expect(effects).toEqual({ ...KEPT, ...stopped('Meta disabled the WhatsApp account') })
  })
})

describe('a template that Meta paused', () => {
  const event = (word: string, entry_time: number, more: object = {}): Change => ({
    entry_id: w.simulator.wabaId,
    entry_time,
    field: 'message_template_status_update',
    value: {
      event: word,
      message_template_id: META_TEMPLATE_ID,
      message_template_name: 'autumn_greeting',
      message_template_language: 'en',
      ...more,
    },
  })

  it('and takes back is sendable again; campaigns wait for a person, and a replay pauses nothing', async () => {
    const events = [event('PAUSED', 1_790_000_000), event('UNPAUSE', 1_790_010_800)]
    await effectsOf(events)
    expect(await template()).toMatchObject({ status: 'APPROVED' })
    expect((await campaign()).status).toBe('SCHEDULED')
    await executeCampaign(w.deps, w.workspaceId, campaignId)
    await effectsOf(events)
    expect((await campaign()).status).toBe('SENDING')
  })

  it.each([
    [1_790_086_400, '2026-09-22T14:13:20.000Z'],
    ['1790086400', '2026-09-22T14:13:20.000Z'],
    ['September 22, 2026', '2026-09-22T00:00:00.000Z'],
    ['some day', undefined],
    [null, undefined],
  ])('or flagged tells when it will be disabled: %s', async (disable_date, disables_at) => {
    await effectsOf([event('FLAGGED', 1_790_000_000, { disable_info: { disable_date } })])
    expect(await template()).toMatchObject({ status: 'APPROVED' })
    expect((await template()).disables_at).toBe(disables_at)
    expect((await campaign()).status).toBe('SENDING')
  })
})
