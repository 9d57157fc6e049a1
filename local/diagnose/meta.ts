/** What Meta says about the app, and about each phone number of a workspace: its token, its account, its webhooks. */
import * as z from 'zod'
import type { Deps } from '../../shared/deps.ts'
import { WorkspaceId } from '../../shared/ids.ts'
import { listPhoneNumbers } from '../../shared/phone-numbers/find.ts'
import { tokenOf, type PhoneNumber } from '../../shared/phone-numbers/schema.ts'
import type { GraphAnswer } from '../../shared/whatsapp/graph.ts'
import { metaWords } from '../../shared/whatsapp/refusal.ts'
import { workspaceStore } from '../../shared/workspaces/store.ts'
import { fine, found, wrong, type Finding } from './finding.ts'

const SCOPES = ['whatsapp_business_messaging', 'whatsapp_business_management']
const SOON_MS = 7 * 24 * 3_600_000
const MOST_NUMBERS = 100
const NEW_TOKEN = 'give the number a new access token: PATCH /api/phone-numbers/{id} with access_token'
const UNREACHABLE = 'check META_GRAPH_URL and META_GRAPH_VERSION, and that this machine reaches Meta'

type MetaDeps = Pick<Deps, 'config' | 'containers' | 'graph' | 'now'>

/** The app's own token is made of its id and secret: whether Meta takes it shows that they belong together. */
export async function checkApp({ config, graph }: MetaDeps): Promise<Finding[]> {
  const token = `${config.meta.appId}|${config.meta.appSecrets[0] ?? ''}`
  const answer = await graph.call({
    method: 'GET',
    path: 'debug_token',
    token,
    query: { input_token: token },
    secrets: [token],
  })
  if (answer.kind === 'ok') return [fine('Meta app', `${config.meta.appId} and its secret are accepted`)]
  if (answer.kind !== 'refused') return [wrong('Meta app', `no answer (${answer.reason})`, UNREACHABLE)]
  const cure = 'check META_APP_ID and META_APP_SECRET against App settings → Basic in the Meta dashboard'
  return [wrong('Meta app', wordsOf(answer), cure)]
}

export async function checkWorkspace(deps: MetaDeps, id: string): Promise<Finding[]> {
  const workspaceId = WorkspaceId.safeParse(id).data
  const workspace = workspaceId && (await workspaceStore(deps.containers).find(workspaceId))?.value
  if (!workspaceId || !workspace) {
    return [wrong('Workspace', `there is no workspace ${id}`, 'give the id that GET /api/workspaces shows')]
  }
  const { items } = await listPhoneNumbers(deps, [workspaceId], undefined, { limit: MOST_NUMBERS, offset: 0 })
  const status =
    workspace.status === 'active'
      ? fine('Workspace', workspace.name)
      : wrong(
          'Workspace',
          `${workspace.name} is ${workspace.status}`,
          'nothing is sent until its status is active again',
        )
  if (items.length === 0) {
    const connect = 'connect one: POST /api/workspaces/{workspace_id}/phone-numbers'
    return [status, wrong('Phone numbers', 'there is none', connect)]
  }
  const checked = await Promise.all(items.map((number) => checkNumber(deps, number)))
  return [status, ...checked.flat()]
}

async function checkNumber(deps: MetaDeps, number: PhoneNumber): Promise<Finding[]> {
  const name = `+${number.display_digits}`
  const key =
    'the number was connected with another TOKEN_ENCRYPTION_KEY or key in Key Vault: restore that one, or give it a new access token'
  return found(`${name} token`, key, async () => {
    const token = tokenOf(deps.config, number)
    const [inspected, atMeta, subscribed] = await Promise.all([
      inspectToken(deps, name, token),
      askNumber(deps, number, token),
      askSubscription(deps, number, token),
    ])
    return [inspected, atMeta, subscribed, ...troubleOf(number)]
  })
}

const Inspected = z.object({
  data: z.object({
    is_valid: z.boolean(),
    expires_at: z.number().default(0),
    scopes: z.array(z.string()).default([]),
    error: z.object({ message: z.string() }).optional(),
  }),
})

async function inspectToken({ config, graph, now }: MetaDeps, name: string, token: string): Promise<Finding> {
  const what = `${name} token`
  const answer = await graph.call({
    method: 'GET',
    path: 'debug_token',
    token: `${config.meta.appId}|${config.meta.appSecrets[0] ?? ''}`,
    query: { input_token: token },
    secrets: [token],
  })
  const told = Inspected.safeParse(answer.kind === 'ok' ? answer.body : undefined)
  if (!told.success) return wrong(what, `Meta did not inspect it (${wordsOf(answer)})`, 'see "Meta app" above')
  const { is_valid, expires_at, scopes, error } = told.data.data
  if (!is_valid) return wrong(what, error?.message ?? 'Meta does not accept it', NEW_TOKEN)
  const missing = SCOPES.filter((scope) => !scopes.includes(scope))
  if (missing.length > 0) return wrong(what, `lacks ${missing.join(' and ')}`, NEW_TOKEN)
  if (expires_at === 0) return fine(what, 'good, and never ends')
  const ends = new Date(expires_at * 1000)
  const text = `good until ${ends.toISOString()}`
  const renew =
    'exchange it in time: POST /api/phone-numbers/{id}/exchange-token, or give a System User token, which does not end'
  return ends.getTime() - now().getTime() < SOON_MS ? wrong(what, text, renew) : fine(what, text)
}

async function askNumber({ graph }: MetaDeps, number: PhoneNumber, token: string): Promise<Finding> {
  const what = `+${number.display_digits}`
  const answer = await graph.call({
    method: 'GET',
    path: number.meta_id,
    token,
    query: { fields: 'id,status,quality_rating' },
  })
  const told = z
    .object({ status: z.string().default('UNKNOWN') })
    .safeParse(answer.kind === 'ok' ? answer.body : undefined)
  if (!told.success)
    return wrong(what, `Meta does not show it (${wordsOf(answer)})`, `the token must reach it: ${NEW_TOKEN}`)
  if (told.data.status === 'CONNECTED') return fine(what, 'connected at Meta')
  return wrong(what, `Meta says ${told.data.status}`, 'see WhatsApp Manager; then POST /api/phone-numbers/{id}/sync')
}

const Subscribed = z.object({
  data: z.array(
    z.object({
      whatsapp_business_api_data: z.object({ id: z.coerce.string() }),
      override_callback_uri: z.string().optional(),
    }),
  ),
})

async function askSubscription({ config, graph }: MetaDeps, number: PhoneNumber, token: string): Promise<Finding> {
  const what = `+${number.display_digits} webhooks`
  if (number.waba_id === null) {
    return wrong(what, 'its account is not known', 'disconnect the number, and connect it again with business_id')
  }
  if (number.app_secret !== null) return fine(what, 'a Meta app of its own sends them: not looked at')
  const answer = await graph.call({ method: 'GET', path: `${number.waba_id}/subscribed_apps`, token })
  const told = Subscribed.safeParse(answer.kind === 'ok' ? answer.body : undefined)
  if (!told.success) return wrong(what, `Meta does not tell (${wordsOf(answer)})`, NEW_TOKEN)
  const ours = told.data.data.find(({ whatsapp_business_api_data: { id } }) => id === config.meta.appId)
  if (!ours) {
    const subscribe = `POST /${number.waba_id}/subscribed_apps at Meta with its token, or disconnect the number and connect it again`
    return wrong(what, `account ${number.waba_id} does not send them to app ${config.meta.appId}`, subscribe)
  }
  const address = `${config.publicUrl}/webhook`
  const other = ours.override_callback_uri
  if (other === undefined || other === address) return fine(what, `account ${number.waba_id} sends them to this app`)
  return wrong(what, `they go to ${other}`, `set the account's override_callback_uri to ${address}, or take it away`)
}

function troubleOf({ display_digits, trouble }: PhoneNumber): Finding[] {
  if (trouble === null) return []
  const cure = 'once it is mended: POST /api/phone-numbers/{id}/sync takes the mark away'
  return [wrong(`+${display_digits} trouble`, `${trouble.reason} (since ${trouble.since})`, cure)]
}

function wordsOf(answer: GraphAnswer): string {
  if (answer.kind === 'refused') return `code ${answer.error.code}: ${metaWords(answer.error)}`
  return answer.kind === 'ok' ? 'an answer in another form' : answer.reason
}
