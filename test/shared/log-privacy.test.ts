/** What people trust us with appears in no log line, whatever goes well or wrong on the way. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import { createCampaignEndpoint } from '../../functions/campaigns/create.ts'
import { createContactEndpoint } from '../../functions/contacts/create.ts'
import { importContactsEndpoint } from '../../functions/contacts/import.ts'
import { listContactsEndpoint } from '../../functions/contacts/list.ts'
import { meEndpoint } from '../../functions/accounts/me.ts'
import { signInEndpoint } from '../../functions/accounts/sign-in.ts'
import { signUpEndpoint } from '../../functions/accounts/sign-up.ts'
import { createWorkspacePhoneNumberEndpoint } from '../../functions/phone-numbers/create.ts'
import { receiveWebhookEndpoint } from '../../functions/webhooks/receive.ts'
import { createWorkspaceEndpoint } from '../../functions/workspaces/create.ts'
import { executeCampaign } from '../../shared/campaigns/execute.ts'
import type { Deps } from '../../shared/deps.ts'
import { handleRequest } from '../../shared/http/handle.ts'
import { applyStatuses } from '../../shared/webhooks/apply-statuses.ts'
import { applyMessages } from '../../shared/webhooks/apply-messages.ts'
import { aCampaignWorld, type CampaignWorld } from '../support/campaign-world.ts'
import { callEndpoint } from '../support/http.ts'
import { anEmail, interrupted, textAt } from '../support/tenants.ts'
import { aPost, sampleText, signatureOf } from '../support/webhooks.ts'

const password = 'a password nobody else has 77'
const email = anEmail()
const importedPhone = '+491701234567'
const typedPhone = '+491709876543'
let w: CampaignWorld
let token: string
let workspaceId: string
beforeAll(async () => {
  w = await aCampaignWorld({ contacts: 12 })
})
afterAll(() => w.close())

const call = (endpoint: Parameters<typeof callEndpoint>[1], options: Parameters<typeof callEndpoint>[2] = {}) =>
  callEndpoint({ ...w.world, deps: w.deps }, endpoint, { ...(token ? { token } : {}), ...options })

async function signUpAndIn(): Promise<void> {
  expect((await call(signUpEndpoint, { json: { email, password, name: 'Ada Lovelace' } })).status).toBeLessThan(300)
  expect((await call(signUpEndpoint, { json: { email, password } })).status).toBe(409)
  expect((await call(signInEndpoint, { json: { email, password: 'wrong horse battery' } })).status).toBe(401)
  expect((await call(signUpEndpoint, { json: { email: 'not-an-address@', password } })).status).toBe(422)
  token = textAt(await call(signInEndpoint, { json: { email, password } }), 'access_token')
  workspaceId = textAt(await call(createWorkspaceEndpoint, { json: { name: 'Acme' } }), 'id')
  expect((await call(meEndpoint, { token: `${token}x` })).status).toBe(401)
}

/** The number is another workspace's already; then Meta refuses the token; then Meta is away. */
async function connect(): Promise<void> {
  const params = { workspace_id: workspaceId }
  const { accessToken, phoneNumberId } = w.simulator
  const tryWith = async (access_token: string) =>
    (await call(createWorkspacePhoneNumberEndpoint, { params, json: { phone_number_id: phoneNumberId, access_token } }))
      .status
  expect(await tryWith(accessToken)).toBe(409)
  expect(await tryWith(`${accessToken}-revoked`)).toBe(400)
  await w.simulator.fault({ match: {}, mode: { next: 1 }, effect: { kind: 'http', status: 502 } })
  expect(await tryWith(accessToken)).toBe(502)
}

async function importContacts(): Promise<void> {
  const file = `name,phone_number\nAda Lovelace,${importedPhone}\nNobody,${importedPhone}x\n`
  const body = `--b\r\ncontent-disposition: form-data; name="file"; filename="c.csv"\r\n\r\n${file}\r\n--b--\r\n`
  const headers = { 'content-type': 'multipart/form-data; boundary=b' }
  const options = { bytes: Buffer.from(body), headers, query: { workspace_id: workspaceId } }
  expect((await call(importContactsEndpoint, options)).status).toBeLessThan(300)
  const contact = { workspace_id: workspaceId, phone_number: typedPhone, name: 'Ada Lovelace' }
  expect((await call(createContactEndpoint, { json: contact })).status).toBe(201)
  expect((await call(createContactEndpoint, { json: contact })).status).toBe(409)
  await call(listContactsEndpoint, { query: { workspace_id: workspaceId, search: typedPhone } })
}

async function sendCampaign(): Promise<void> {
  for (const code of [131026, 131047, 130429]) {
    await w.simulator.fault({ match: {}, mode: { next: 1 }, effect: { kind: 'graph_error', code } })
  }
  await w.simulator.fault({ match: {}, mode: { next: 1 }, effect: { kind: 'answer_lost', ms: 0 } })
  const id = await w.aCampaign()
  await executeCampaign(w.deps, w.workspaceId, id)
  await w.settle(60)
  const campaign = { workspace_id: workspaceId, phone_number_id: w.phoneNumberId, name: 'For Ada Lovelace' }
  await call(createCampaignEndpoint, { json: campaign })
}

async function receive(): Promise<void> {
  for (const name of ['message-text', 'status-failed-131026-undeliverable', 'account-alerts']) {
    const body = sampleText(`${name}.json`)
    for (const signature of [signatureOf(body, w.simulator.appSecret), null]) {
      await handleRequest(receiveWebhookEndpoint, aPost(body, signature), w.world.deps)
    }
    const { entry } = JSON.parse(body) as { entry: { changes: { field: string; value: unknown }[] }[] }
    const changes = entry[0]!.changes.map((change) => ({ ...change, entry_id: '1', entry_time: null }))
    await applyStatuses(w.deps, { received_at: new Date().toISOString(), changes })
    await applyMessages(w.deps, { received_at: new Date().toISOString(), changes })
  }
}

/** The stores break in every way that reaches a caller as 500. */
async function breakDown(): Promise<void> {
  const broken = (container: 'core' | 'contacts' | 'directory', method: 'read' | 'create' | 'query'): Deps =>
    interrupted(w.deps, container, method, () => {
      throw new Error('the store is down')
    })
  const at = async (deps: Deps, ...rest: [Parameters<typeof callEndpoint>[1], object]) =>
    expect((await callEndpoint({ ...w.world, deps }, rest[0], { token, ...rest[1] })).status).toBe(500)
  await at(broken('directory', 'read'), signInEndpoint, { json: { email, password } })
  const contact = { workspace_id: workspaceId, phone_number: '+491701112223', name: 'Ada Lovelace' }
  await at(broken('contacts', 'create'), createContactEndpoint, { json: contact })
  await at(broken('contacts', 'query'), listContactsEndpoint, {
    query: { workspace_id: workspaceId, search: 'Lovelace' },
  })
}

it('the log of sign-up, connecting, importing, sending and receiving has no secret and no personal data', async () => {
  await signUpAndIn()
  await connect()
  await importContacts()
  await sendCampaign()
  await receive()
  await breakDown()
  const text = JSON.stringify(w.world.lines)
  expect(w.world.lines.length).toBeGreaterThan(30)
  expect(text).toContain('http.failed')
  const { appSecret, accessToken } = w.simulator
  const config = w.world.config
  const secrets = [password, token, appSecret, accessToken, config.meta.verifyToken, w.world.env['JWT_KEYS']!]
  const storageKey = /AccountKey=([^;]+)/.exec(config.storage.connectionString ?? '')![1]!
  for (const secret of [...secrets, storageKey, w.world.env['TOKEN_ENCRYPTION_KEY']!, config.cosmos.key!]) {
    expect(text).not.toContain(secret)
  }
  for (const person of [email, 'not-an-address', 'Lovelace', 'Sample Customer', 'good to see you', 'Person']) {
    expect(text).not.toContain(person)
  }
  expect(text).not.toMatch(/[\w.-]+@[\w-]+\.\w+/)
  for (const phone of [importedPhone, typedPhone, '+491701112223']) expect(text).not.toContain(phone.slice(1))
  // No contact, sender or sample number, and nothing else that looks like one.
  expect(text).not.toMatch(/(?<![\w-])\+?1?555\d{7}/)
  expect(text).not.toContain('wamid.')
})
