/**
 * The error table of Meta's reference, row by row, against the simulator: what becomes of a campaign's recipient and of
 * a single message when Meta refuses them with this code.
 */
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest'
import { cancelCampaign } from '../../../shared/campaigns/cancel.ts'
import { conductCampaign } from '../../../shared/campaigns/conduct.ts'
import { executeCampaign } from '../../../shared/campaigns/execute.ts'
import { planCampaign } from '../../../shared/campaigns/plan.ts'
import { campaignStore } from '../../../shared/campaigns/store.ts'
import { contactId } from '../../../shared/contacts/schema.ts'
import { contactStore } from '../../../shared/contacts/store.ts'
import { findMessage } from '../../../shared/messages/find.ts'
import { statusOf } from '../../../shared/messages/status.ts'
import { phoneNumberStore } from '../../../shared/phone-numbers/store.ts'
import { pageStore } from '../../../shared/recipients/page-store.ts'
import { sendPage } from '../../../shared/recipients/send-page.ts'
import { addContacts } from '../../support/campaign-world.ts'
import { applyConsent } from '../../support/consent.ts'
import { aMessageWorld, type MessageWorld } from '../../support/message-world.ts'
import { optedOutSince } from '../../support/opted-out.ts'

const SECOND = 1000
const HOUR = 3600 * SECOND
const WA_ID = '15551000000'

type Row = [codes: number[], http: number]

/** Again after so many milliseconds, and whether the try counts; a single message is tried again too. */
const LATER: [...Row, waitMs: number, tries: number][] = [
  [[1, 135000], 400, SECOND, 1],
  [[131000, 131016], 500, SECOND, 1],
  [[2, 133004], 503, SECOND, 1],
  [[131057], 500, 60 * SECOND, 1],
  // The recipient alone waits, for 4^n seconds.
  [[131056], 400, SECOND, 1],
  // The number slows down, too. That is nobody's try.
  [[130429], 400, 2 * SECOND, 0],
  [[4, 80007], 400, 120 * SECOND, 0],
  // Codes nobody has heard of, where the HTTP status says that it passes.
  [[999_991], 500, SECOND, 1],
  [[999_992], 503, SECOND, 1],
  [[999_993], 429, SECOND, 1],
  [[999_994], 408, SECOND, 1],
]

/** Whose number slows down, too: for so long it stands still, where not as usual. */
const STOPS: ReadonlyMap<number, number> = new Map([
  [130429, 0],
  [4, 120 * SECOND],
  [80007, 120 * SECOND],
])

const FAILS: Row[] = [
  [[100, 130472, 131008, 131009, 131021, 131026, 131030, 131041, 131047, 131051], 400],
  [[131052, 131053, 131055, 131060, 131062, 132000, 132005, 132008, 132012, 132018, 134011], 400],
  [[134100, 134101, 134102], 400],
  // Other products: groups, calls, flows, usernames.
  [[130401, 130498, 131200, 138000, 139000, 147000], 400],
  [[999_995], 400],
  [[999_996], 404],
]

/** Besides, a person is told of it with the number. */
const WARNS = [130497, 131030, 134011]

/** 131026 as well, once it is repeated: see contacts/consent.test.ts. */
const MARKS: Row[] = [
  [[137000], 400],
  [[130403, 130497], 403],
]

/** With a word of the reason that a person reads. */
const PAUSES: [...Row, word: RegExp][] = [
  [[0, 190], 401, /access token/],
  [[3], 500, /permission/],
  [[10, 200, 219, 299, 131005], 403, /permission/],
  [[368, 131031], 403, /policy|locked/],
  [[131042], 400, /payment/],
  [[33, 131037, 133005, 133006, 133008, 133009, 133010, 133015, 133016], 400, /number/],
  [[131045, 133000], 500, /number/],
  [[131063, 132007, 132015, 132016, 132068], 400, /[Tt]emplate/],
  [[132001], 404, /template/],
]

/** For so many hours, with words of the reason, and what the number says meanwhile. */
const HOLDS: [code: number, hours: number, word: RegExp, warning: unknown][] = [
  [131048, 4, /limits .*131048/, null],
  [131064, 12, /account .*131064/, expect.objectContaining({ kind: 'warning' })],
  [132069, 1, /flow .*132069/, null],
]

let w: MessageWorld
let person: string
/** How long the number was to stand still, each time that it was slowed down; 0: as usual. */
const stops: number[] = []
beforeAll(async () => {
  w = await aMessageWorld()
  // The same person is written to again and again, which is another test's subject.
  w.deps.pairLimit = { waitMs: () => Promise.resolve(0) }
  // Nor does a stop of the number reach the next row.
  const slowDown = (_number: string, stopMs?: number) => Promise.resolve(void stops.push(stopMs ?? 0))
  w.deps.pacer = { ...w.deps.pacer, slowDown }
  await addContacts(w.deps, w.workspaceId, { count: 1 })
  person = contactId(w.workspaceId, WA_ID)
})
afterAll(() => w.close())

let campaignId = ''
afterEach(async () => {
  await w.simulator.clearFaults()
  await cancelCampaign(w.deps, w.workspaceId, campaignId).catch(() => undefined)
  w.queued.splice(0)
  await applyConsent(w.deps, w.workspaceId, person, true)
})

/** Starts a campaign to one person and sends it, while Meta answers everything with this code. */
async function campaignMeets(code: number, http: number) {
  await w.simulator.fault({
    match: { path: 'messages' },
    mode: 'always',
    effect: { kind: 'graph_error', code, http },
  })
  campaignId = await w.aCampaign()
  await executeCampaign(w.deps, w.workspaceId, campaignId)
  for (const message of w.taken('campaign-planning')) await planCampaign(w.deps, message)
  for (const message of w.taken('campaign-release')) await conductCampaign(w.deps, message)
  const sentAt = Date.now()
  for (const message of w.taken('outbound-sends')) await sendPage(w.deps, message)
  const page = (await pageStore(w.deps).page(w.workspaceId, campaignId, 0))!.value
  const campaign = (await campaignStore(w.deps).get(w.workspaceId, campaignId)).value
  const wait = page.waits['0']
  const waitMs = wait ? Date.parse(wait.until) - sentAt : 0
  return { state: page.states, code: page.notes['0']?.code, tries: wait?.tries, waitMs, campaign }
}

async function messageMeets() {
  await applyConsent(w.deps, w.workspaceId, person, true)
  const { id } = await w.template(`+${WA_ID}`)
  await w.deliver()
  const message = await findMessage(w.deps, w.workspaceId, id)
  if (message.direction !== 'outbound') throw new Error('not ours')
  const waitMs = message.not_before === null ? 0 : Date.parse(message.not_before) - Date.parse(message.updated_at)
  const failure = message.outcome?.kind === 'failed' ? message.outcome.code : undefined
  return { status: statusOf(message), failure, waitMs }
}

const contact = async () => (await contactStore(w.deps.containers).find(w.workspaceId, person))!.value

const stored = async () => (await phoneNumberStore(w.deps.containers).find(w.workspaceId, w.phoneNumberId))!
const trouble = async () => (await stored()).value.trouble
async function mended(): Promise<void> {
  const before = await stored()
  await phoneNumberStore(w.deps.containers).replace(before, { ...before.value, trouble: null })
}

/** The code of the warning that stands on the number, which is taken away. */
async function warning(): Promise<number | undefined> {
  const found = await trouble()
  if (!found) return undefined
  await mended()
  expect(found.kind).toBe('warning')
  return Number(/\(Meta (\d+)\)$/.exec(found.reason)?.[1])
}

const spread = <R extends [number[], ...unknown[]]>(rows: R[]) =>
  rows.flatMap(([codes, ...rest]) => codes.map((code) => [code, ...rest] as [number, ...unknown[]]))

describe('Meta’s code', () => {
  it.each(spread(LATER) as [number, number, number, number][])(
    '%i (HTTP %i) is tried again after %i ms',
    async (code, http, waitMs, tries) => {
      const recipient = await campaignMeets(code, http)
      expect(recipient).toMatchObject({ state: 'p', tries, campaign: { status: 'SENDING' } })
      expect(recipient.campaign.hold).toBeUndefined()
      expect(recipient.waitMs).toBeGreaterThanOrEqual(waitMs)
      expect(recipient.waitMs).toBeLessThan(waitMs + 5 * SECOND)
      expect(await messageMeets()).toEqual({ status: 'queued', failure: undefined, waitMs })
      // Of both.
      expect(stops.splice(0)).toEqual([1, 2].flatMap(() => STOPS.get(code) ?? []))
    },
  )

  it('131049 waits for a day with the recipient alone; whoever sent a single message is told', async () => {
    const recipient = await campaignMeets(131049, 400)
    expect(recipient).toMatchObject({ state: 'p', tries: 1, campaign: { status: 'SENDING' } })
    expect(recipient.waitMs).toBeGreaterThan(24 * HOUR)
    expect(await messageMeets()).toMatchObject({ status: 'failed', failure: '131049' })
  })

  it.each(HOLDS)(
    '%i holds the campaign for %i hours, with nobody failed; whoever sent a single message is told',
    async (code, hours, word, warning) => {
      const recipient = await campaignMeets(code, 400)
      expect(recipient).toMatchObject({ state: 'p', tries: 0, campaign: { status: 'SENDING' } })
      expect(recipient.campaign.hold?.reason).toMatch(word)
      const heldMs = Date.parse(recipient.campaign.hold?.until ?? '') - Date.now()
      expect(heldMs).toBeGreaterThan(hours * HOUR - 60 * SECOND)
      expect(heldMs).toBeLessThanOrEqual(hours * HOUR)
      expect(await trouble()).toEqual(warning)
      await mended()
      expect(await messageMeets()).toMatchObject({ status: 'failed', failure: String(code) })
      expect(await trouble()).toEqual(warning)
      await mended()
    },
  )

  it.each(spread(FAILS) as [number, number][])(
    '%i (HTTP %i) fails the message, and nothing else',
    async (code, http) => {
      expect(await campaignMeets(code, http)).toMatchObject({ state: 'f', code, campaign: { status: 'SENDING' } })
      expect(await warning()).toEqual(WARNS.includes(code) ? code : undefined)
      expect(await messageMeets()).toMatchObject({ status: 'failed', failure: String(code) })
      expect(await warning()).toEqual(WARNS.includes(code) ? code : undefined)
    },
  )

  it.each(spread(MARKS) as [number, number][])(
    '%i (HTTP %i) fails it and is noted with the contact',
    async (code, http) => {
      expect(await campaignMeets(code, http)).toMatchObject({ state: 'f', code, campaign: { status: 'SENDING' } })
      expect(await contact()).toMatchObject({ opted_in: true, unreachable: { code } })
      expect(await warning()).toEqual(WARNS.includes(code) ? code : undefined)
      expect(await messageMeets()).toMatchObject({ status: 'failed', failure: String(code) })
      expect(await contact()).toMatchObject({ opted_in: true, unreachable: { code } })
      expect(await warning()).toEqual(WARNS.includes(code) ? code : undefined)
    },
  )

  it.each(spread(PAUSES) as [number, number, RegExp][])(
    '%i (HTTP %i) pauses the campaign with a reason (%s), and fails a single message',
    async (code, http, word) => {
      const recipient = await campaignMeets(code, http)
      expect(recipient).toMatchObject({ state: 'p', tries: 0, campaign: { status: 'SCHEDULED' } })
      expect(recipient.campaign.pause_reason).toMatch(word)
      expect(recipient.campaign.pause_reason).toContain(String(code))
      expect(await messageMeets()).toMatchObject({ status: 'failed', failure: String(code) })
    },
  )

  // The last one: whoever opted out is left out of whatever started a moment ago.
  it('131050 fails it and opts the contact out of marketing, in Meta’s name', async () => {
    expect(await campaignMeets(131050, 400)).toMatchObject({ state: 'f', campaign: { status: 'SENDING' } })
    const optedOut = { opted_in: false, opted_in_source: 'meta' }
    expect(await contact()).toMatchObject(optedOut)
    expect(await optedOutSince(w.deps, w.workspaceId, '2020')).toContain(person)
    expect(await messageMeets()).toMatchObject({ status: 'failed', failure: '131050' })
    expect(await contact()).toMatchObject(optedOut)
  })
})
