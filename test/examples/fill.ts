/** What each example of the API document needs in the place of its placeholders, and what it is answered. */
import { createHmac } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { CurlAnswer, Filled } from './command.ts'
import { A_BODY, A_PICTURE, idOf, type Json, type Things } from './things.ts'

export interface Example {
  /** The document's success status. */
  status: number
  fill: (things: Things, folder: string) => Promise<Filled> | Filled
  /** Looks at the answer, and keeps what later examples need. */
  then?: (answer: CurlAnswer, things: Things) => Promise<void> | void
}

const nothing = (): Filled => ({})
/** The document shows these without the header they need. */
const signedIn = ({ token }: Things) => ({ headers: [`Authorization: Bearer ${token}`] })
const inWorkspace = ({ workspaceId }: Things) => ({ query: { workspace_id: workspaceId } })
const ofWorkspace = ({ workspaceId }: Things) => ({ ids: [workspaceId] })

const ACCOUNTS: Record<string, Example> = {
  'POST /api/auth/signup': { status: 200, fill: nothing },
  'POST /api/auth/signin': {
    status: 200,
    fill: nothing,
    then: (answer, things) => things.prepare(textAt(answer, 'access_token')),
  },
  // By the cookie that sign-in set.
  'POST /api/auth/refresh': { status: 200, fill: nothing },
  'GET /api/auth/me': { status: 200, fill: signedIn },
}

const campaignBody = (things: Things) => ({ ...things.sender(), template_id: things.templateId })
const aDraft = async (things: Things) => ({ ids: [await things.campaign()] })
const aRunningOne = async (things: Things) => ({ ids: [await things.campaign('SENDING')] })
const change = { json: { name: 'Late autumn', status: 'DRAFT' } }

const CAMPAIGNS: Record<string, Example> = {
  'POST /api/campaigns': {
    status: 201,
    fill: (things) => ({ json: { workspace_id: things.workspaceId, ...campaignBody(things) } }),
  },
  'GET /api/campaigns': { status: 200, fill: inWorkspace },
  'GET /api/campaigns/{id}': { status: 200, fill: aDraft },
  'PATCH /api/campaigns/{id}': { status: 200, fill: async (things) => ({ ...(await aDraft(things)), ...change }) },
  'DELETE /api/campaigns/{id}': { status: 204, fill: aDraft },
  'POST /api/campaigns/{id}/start': { status: 200, fill: aDraft },
  'POST /api/campaigns/{id}/pause': { status: 200, fill: aRunningOne },
}

const nestedDraft = async (things: Things) => ({ ids: [things.workspaceId, await things.campaign()] })
const nestedRunningOne = async (things: Things) => ({ ids: [things.workspaceId, await things.campaign('SENDING')] })
const nestedCampaign = '/api/workspaces/{id}/campaigns/{id}'

const WORKSPACE_CAMPAIGNS: Record<string, Example> = {
  'POST /api/workspaces/{id}/campaigns': {
    status: 201,
    fill: (things) => ({ ...ofWorkspace(things), json: campaignBody(things) }),
  },
  'GET /api/workspaces/{id}/campaigns': { status: 200, fill: ofWorkspace },
  [`GET ${nestedCampaign}`]: { status: 200, fill: nestedDraft },
  [`PATCH ${nestedCampaign}`]: {
    status: 200,
    fill: async (things) => ({ ...(await nestedDraft(things)), ...change }),
  },
  [`POST ${nestedCampaign}/execute`]: { status: 200, fill: nestedDraft },
  [`POST ${nestedCampaign}/pause`]: { status: 200, fill: nestedRunningOne },
  [`POST ${nestedCampaign}/cancel`]: { status: 200, fill: nestedRunningOne },
  [`DELETE ${nestedCampaign}`]: { status: 204, fill: nestedDraft },
}

const aContact = async (things: Things) => ({ ids: [await things.contact()] })

const CONTACTS: Record<string, Example> = {
  'POST /api/contacts': {
    status: 201,
    fill: (things) => ({ json: { workspace_id: things.workspaceId, phone_number: things.aNumber() } }),
  },
  'GET /api/contacts': { status: 200, fill: inWorkspace },
  'GET /api/contacts/{id}': { status: 200, fill: aContact },
  'PATCH /api/contacts/{id}': { status: 200, fill: aContact },
  'DELETE /api/contacts/{id}': { status: 204, fill: aContact },
  'POST /api/contacts/import': {
    status: 200,
    async fill(things, folder) {
      const file = join(folder, 'contacts.csv')
      await writeFile(file, `phone,name,tags\n${things.aNumber()},Grace,vip\n`)
      return { ...inWorkspace(things), form: [`file=@${file};type=text/csv`] }
    },
  },
}

const aFile = async (things: Things) => ({ ids: [await things.media()] })

const MEDIA: Record<string, Example> = {
  'POST /api/media': {
    status: 201,
    async fill(things, folder) {
      const file = join(folder, 'dot.png')
      await writeFile(file, A_PICTURE)
      return { form: [`workspace_id=${things.workspaceId}`, `file=@${file};type=image/png`] }
    },
  },
  'GET /api/media': { status: 200, fill: inWorkspace },
  'GET /api/media/{id}': { status: 200, fill: aFile },
  'DELETE /api/media/{id}': { status: 204, fill: aFile },
  'GET /api/media/{id}/download': {
    status: 307,
    fill: aFile,
    then: ({ headers }) => sameFile(/^location: *(\S+)/im.exec(headers)?.[1]),
  },
  'GET /api/media/{id}/url': { status: 200, fill: aFile, then: (answer) => sameFile(textAt(answer, 'url')) },
}

/** What a link leads to is the file that was uploaded. */
async function sameFile(url = ''): Promise<void> {
  const file = Buffer.from(await (await fetch(url)).arrayBuffer())
  if (!file.equals(A_PICTURE)) throw new Error('The link does not lead to the file')
}

const message = (things: Things) => ({
  workspace_id: things.workspaceId,
  ...things.sender(),
  to: things.openNumber,
})

const MESSAGES: Record<string, Example> = {
  'POST /api/messages/send/text': {
    status: 201,
    fill: (things) => ({ json: message(things) }),
    then: (answer, things) => {
      things.lastMessageId = textAt(answer, 'id')
    },
  },
  'POST /api/messages/send/template': {
    status: 201,
    fill: (things) => ({
      json: { ...message(things), template_name: things.templateName, template_language: 'en' },
    }),
  },
  'POST /api/messages/send/media': {
    status: 201,
    fill: async (things) => ({ json: { ...message(things), media_type: 'image', media_id: await things.media() } }),
  },
  'GET /api/messages/{id}/status': { status: 200, fill: ({ lastMessageId }) => ({ ids: [lastMessageId] }) },
}

const aNumber = async (things: Things) => ({ ids: [things.workspaceId, await things.phoneNumber()] })
const phoneNumber = '/api/workspaces/{id}/phone-numbers/{id}'

const PHONE_NUMBERS: Record<string, Example> = {
  'POST /api/workspaces/{id}/phone-numbers': {
    status: 201,
    fill: async (things) => ({ ...ofWorkspace(things), json: metaParts(things, await things.metaNumber()) }),
  },
  'GET /api/workspaces/{id}/phone-numbers': { status: 200, fill: ofWorkspace },
  [`GET ${phoneNumber}`]: { status: 200, fill: aNumber },
  [`PATCH ${phoneNumber}`]: {
    status: 200,
    fill: async (things) => ({
      ...(await aNumber(things)),
      json: { display_name: 'Support', access_token: await things.shortLivedToken(), status: 'active' },
    }),
  },
  [`DELETE ${phoneNumber}`]: { status: 204, fill: aNumber },
  [`POST ${phoneNumber}/sync`]: { status: 200, fill: aNumber },
  [`POST ${phoneNumber}/exchange-token`]: {
    status: 200,
    async fill(things) {
      const { ids } = await aNumber(things)
      await things.api('PATCH', `/api/phone-numbers/${ids[1] ?? ''}`, { access_token: await things.shortLivedToken() })
      return { ids }
    },
  },
}

function metaParts({ herald }: Things, metaNumberId: string): Json {
  return {
    phone_number_id: metaNumberId,
    access_token: herald.metaToken,
    display_name: 'Sales',
    business_id: herald.wabaId,
  }
}

const aTemplate = async (things: Things) => ({ ids: [await things.template()] })

const TEMPLATES: Record<string, Example> = {
  'POST /api/templates': {
    status: 201,
    fill: (things) => ({
      json: {
        workspace_id: things.workspaceId,
        ...things.sender(),
        name: 'summer_sale',
        category: 'MARKETING',
        language: 'en',
        components: { body: { text: 'Summer has begun: come and see our garden!' } },
      },
    }),
  },
  'GET /api/templates': { status: 200, fill: inWorkspace },
  'GET /api/templates/{id}': { status: 200, fill: aTemplate },
  'PATCH /api/templates/{id}': {
    status: 200,
    fill: async (things) => ({ ...(await aTemplate(things)), json: { components: A_BODY, status: 'PENDING' } }),
  },
  'DELETE /api/templates/{id}': { status: 204, fill: aTemplate },
}

const HOOK = JSON.stringify({ object: 'whatsapp_business_account', entry: [] })

const WEBHOOKS: Record<string, Example> = {
  'GET /webhook': {
    status: 200,
    fill: ({ herald }) => ({
      query: { 'hub.mode': 'subscribe', 'hub.verify_token': herald.verifyToken, 'hub.challenge': '1158201444' },
    }),
    then: ({ text }) => {
      if (text !== '1158201444') throw new Error(`The challenge came back as ${text}`)
    },
  },
  'POST /webhook': {
    status: 200,
    fill: ({ herald }) => {
      const signature = createHmac('sha256', herald.appSecret).update(HOOK).digest('hex')
      return { text: HOOK, headers: ['Content-Type: application/json', `X-Hub-Signature-256: sha256=${signature}`] }
    },
  },
}

const WORKSPACES: Record<string, Example> = {
  'GET /api/workspaces': { status: 200, fill: signedIn },
  'POST /api/workspaces': { status: 200, fill: signedIn },
  'GET /api/workspaces/{id}': { status: 200, fill: (things) => ({ ...signedIn(things), ...ofWorkspace(things) }) },
  'PATCH /api/workspaces/{id}': {
    status: 200,
    fill: (things) => ({ ...signedIn(things), ...ofWorkspace(things), json: { plan: 'pro', status: 'active' } }),
  },
  'DELETE /api/workspaces/{id}': {
    status: 204,
    fill: async (things) => ({ ...signedIn(things), ids: [await things.workspace()] }),
  },
  'GET /api/workspaces/{id}/members': {
    status: 200,
    fill: (things) => ({ ...signedIn(things), ...ofWorkspace(things) }),
  },
  'POST /api/workspaces/{id}/members': {
    status: 200,
    // The document's own address is the signed-in owner's.
    fill: (things) => ({ ...signedIn(things), ...ofWorkspace(things), json: { user_email: 'grace@example.com' } }),
  },
}

export const EXAMPLES: Record<string, Example> = {
  ...ACCOUNTS,
  ...CAMPAIGNS,
  ...WORKSPACE_CAMPAIGNS,
  ...CONTACTS,
  ...MEDIA,
  ...MESSAGES,
  ...PHONE_NUMBERS,
  ...TEMPLATES,
  ...WEBHOOKS,
  ...WORKSPACES,
}

function textAt({ text }: CurlAnswer, name: string): string {
  if (name === 'id') return idOf(JSON.parse(text) as Json)
  const value = (JSON.parse(text) as Json)[name] // answers are objects
  if (typeof value !== 'string') throw new TypeError(`There is no ${name} in ${text}`)
  return value
}
