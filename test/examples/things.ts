/** Real things for the examples to name: each is made through the API, in the state that its example needs. */
import { randomBytes } from 'node:crypto'
import { setTimeout as delay } from 'node:timers/promises'

export interface RunningHerald {
  baseUrl: string
  simulatorUrl: string
  /** The simulator's own number, account and token. */
  metaNumberId: string
  wabaId: string
  metaToken: string
  appSecret: string
  verifyToken: string
}

export type Json = Record<string, unknown>
const WITHIN_MS = 30_000

export class Things {
  token = ''
  workspaceId = ''
  phoneNumberId = ''
  templateId = ''
  templateName = ''
  /** Wrote to us a moment ago, so that anything may be sent to them. */
  openNumber = ''
  lastMessageId = ''
  readonly herald: RunningHerald
  #contacts = 0

  constructor(herald: RunningHerald) {
    this.herald = herald
  }

  /** Once somebody is signed in: what every other example stands on. */
  async prepare(token: string): Promise<void> {
    this.token = token
    this.workspaceId = await this.workspace()
    this.phoneNumberId = await this.phoneNumber(this.herald.metaNumberId)
    this.templateId = await this.template()
    await this.contact()
    this.openNumber = this.aNumber()
    await this.#openWindow()
  }

  async workspace(): Promise<string> {
    return idOf(await this.api('POST', '/api/workspaces', { name: 'Examples' }))
  }

  async phoneNumber(metaId?: string): Promise<string> {
    return idOf(
      await this.api('POST', `/api/workspaces/${this.workspaceId}/phone-numbers`, {
        phone_number_id: metaId ?? (await this.metaNumber()),
        access_token: this.herald.metaToken,
        business_id: this.herald.wabaId,
      }),
    )
  }

  /** A number at Meta that no workspace has connected. */
  async metaNumber(): Promise<string> {
    const { phone_number_id: id } = await this.#simulator('phone-numbers', { waba_id: this.herald.wabaId })
    return String(id)
  }

  /** Approved, without variables. */
  async template(): Promise<string> {
    this.templateName = `greeting_${randomBytes(4).toString('hex')}`
    const id = idOf(
      await this.api('POST', '/api/templates', {
        workspace_id: this.workspaceId,
        phone_number_id: this.phoneNumberId,
        name: this.templateName,
        category: 'MARKETING',
        language: 'en',
        components: A_BODY,
      }),
    )
    await until(
      'the template’s review',
      async () => (await this.api('GET', `/api/templates/${id}`))['status'] === 'APPROVED',
    )
    return id
  }

  async contact(): Promise<string> {
    const body = { workspace_id: this.workspaceId, phone_number: this.aNumber(), name: 'Ada', tags: ['vip'] }
    return idOf(await this.api('POST', '/api/contacts', body))
  }

  /** Fictitious: 555-01xx. */
  aNumber(): string {
    return `+120155501${String(this.#contacts++).padStart(2, '0')}`
  }

  async campaign(status: 'DRAFT' | 'SENDING' = 'DRAFT'): Promise<string> {
    const body = { workspace_id: this.workspaceId, name: 'Autumn', ...this.sender(), template_id: this.templateId }
    const id = idOf(await this.api('POST', '/api/campaigns', body))
    if (status === 'SENDING') await this.api('POST', `/api/campaigns/${id}/start`)
    return id
  }

  sender(): { phone_number_id: string } {
    return { phone_number_id: this.phoneNumberId }
  }

  async media(): Promise<string> {
    const form = new FormData()
    form.set('workspace_id', this.workspaceId)
    form.set('file', new Blob([A_PICTURE], { type: 'image/png' }), 'dot.png')
    return idOf(await this.api('POST', '/api/media', form))
  }

  async api(method: string, path: string, body?: Json | FormData): Promise<Json> {
    const answer = await this.tryApi(method, path, body)
    if (answer.status >= 300) throw new Error(`${method} ${path} was answered ${answer.status}: ${answer.text}`)
    // Every answer asked for here is an object, or empty.
    return JSON.parse(answer.text === '' ? '{}' : answer.text) as Json
  }

  async tryApi(method: string, path: string, body?: Json | FormData): Promise<{ status: number; text: string }> {
    const isForm = body instanceof FormData
    const answer = await fetch(`${this.herald.baseUrl}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${this.token}`,
        ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
    })
    return { status: answer.status, text: await answer.text() }
  }

  /** Free text may be sent once the webhook of their own message was applied. */
  async #openWindow(): Promise<void> {
    await this.#simulator('inbound', { from: this.openNumber, type: 'text', text: { body: 'Hello' } })
    const text = { ...this.sender(), workspace_id: this.workspaceId, to: this.openNumber, text: 'Hello to you' }
    await until('the contact’s own message', async () => {
      return (await this.tryApi('POST', '/api/messages/send/text', text)).status === 201
    })
  }

  async #simulator(path: string, body: Json): Promise<Json> {
    const answer = await fetch(`${this.herald.simulatorUrl}/_simulator/${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
    })
    if (!answer.ok) throw new Error(`The simulator refused ${path}: ${await answer.text()}`)
    // The control API answers objects.
    return (await answer.json()) as Json
  }

  /** A token that Meta can still make long-lived. */
  async shortLivedToken(): Promise<string> {
    const { access_token: token } = await this.#simulator('tokens', { type: 'USER', expires_in: 3600 })
    return String(token)
  }
}

export const A_BODY = [{ type: 'BODY', text: 'Our spring plants are here. Come and see them!' }]

/** One white dot. */
export const A_PICTURE = Buffer.from(
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGP4DwABAQEAsTqyHgAAAABJRU5ErkJggg==',
  'base64',
)

export function idOf(answer: Json): string {
  const { id } = answer
  if (typeof id !== 'string') throw new TypeError(`There is no id in ${JSON.stringify(answer)}`)
  return id
}

async function until(what: string, isSo: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + WITHIN_MS
  while (!(await isSo())) {
    if (performance.now() > deadline) throw new Error(`Waited in vain for ${what}`)
    await delay(100)
  }
}
