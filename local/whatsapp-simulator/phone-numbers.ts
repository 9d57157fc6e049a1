/** Phone numbers and WABAs as Graph nodes: read, list, connect, register. */
import { GraphError, invalid } from './errors.ts'
import { page, picked } from './fields.ts'
import { verifyCallback } from './handshake.ts'
import type { Call } from './http.ts'
import { isObject, parseObject, textOf } from './json.ts'
import type { Json } from './json.ts'
import type { PhoneNumber, Waba, World } from './world.ts'

const usualFields = [
  'verified_name',
  'code_verification_status',
  'display_phone_number',
  'quality_rating',
  'platform_type',
  'throughput',
  'last_onboarded_time',
  'webhook_configuration',
]

export function readPhoneNumber(world: World, number: PhoneNumber, call: Call): Json {
  return picked(numberNode(world, number), call.query.get('fields'), usualFields)
}

export function listPhoneNumbers(world: World, waba: Waba, call: Call): Json {
  const { query } = call
  const numbers = [...world.phoneNumbers.values()].filter((number) => number.wabaId === waba.id)
  const isAscending = query.get('sort')?.endsWith('.asc') === true
  numbers.sort((one, other) => (isAscending ? 1 : -1) * (one.onboardedAt - other.onboardedAt))
  const nodes = numbers.map((number) => picked(numberNode(world, number), query.get('fields'), usualFields))
  return page(nodes.filter(filterOf(query)), query, `${world.url}${call.path}`)
}

export function readWaba(waba: Waba, call: Call): Json {
  const node = {
    id: waba.id,
    name: waba.name,
    timezone_id: '1',
    message_template_namespace: `${waba.id.slice(-8)}_0000_4000_8000_000000000000`,
    account_review_status: 'APPROVED',
    business_verification_status: 'verified',
    currency: 'USD',
    owner_business_info: { name: waba.name, id: waba.businessId },
  }
  return picked(node, call.query.get('fields'), ['name', 'timezone_id', 'message_template_namespace'])
}

export function listSubscribedApps(world: World, waba: Waba): Json {
  if (!waba.subscribed) return { data: [] }
  const app = { id: world.app.id, name: 'Herald', link: `https://www.facebook.com/games/?app_id=${world.app.id}` }
  const override = waba.overrideUrl === null ? {} : { override_callback_uri: waba.overrideUrl }
  return { data: [{ whatsapp_business_api_data: app, ...override }] }
}

/** From now on this WABA's webhooks are sent, to the override URL if one is given and answers the handshake. */
export async function subscribeApp(world: World, waba: Waba, { fields, query }: Call): Promise<Json> {
  const url = textOf(fields?.['override_callback_uri']) ?? query.get('override_callback_uri') ?? undefined
  const verifyToken = textOf(fields?.['verify_token']) ?? query.get('verify_token') ?? ''
  if (url !== undefined) await checkCallback(url, verifyToken)
  waba.subscribed = true
  waba.overrideUrl = url ?? null
  world.store.put('waba', waba.id, waba)
  return { success: true }
}

export function unsubscribeApp(world: World, waba: Waba): Json {
  waba.subscribed = false
  world.store.put('waba', waba.id, waba)
  return { success: true }
}

/** `POST /{phone-number-id}` sets where webhooks of this number go; an empty URL takes that back. */
export async function configureWebhook(world: World, number: PhoneNumber, { fields }: Call): Promise<Json> {
  const configuration = fields?.['webhook_configuration']
  if (!isObject(configuration)) throw invalid('The parameter webhook_configuration is required.')
  const url = textOf(configuration['override_callback_uri'])
  if (url !== undefined) await checkCallback(url, textOf(configuration['verify_token']) ?? '')
  number.overrideUrl = url ?? null
  world.store.put('phone_number', number.id, number)
  return { success: true }
}

/** Registers the number; its first PIN is kept, and every later one must be the same. */
export function registerNumber(world: World, number: PhoneNumber, { fields }: Call): Json {
  if (fields?.['messaging_product'] !== 'whatsapp')
    throw new GraphError(100, { message: '(#100) The parameter messaging_product is required.' })
  const pin = textOf(fields['pin'])
  if (pin === undefined) throw new GraphError(100, { message: '(#100) The parameter pin is required.' })
  if (!/^\d{6}$/.test(pin)) throw invalid('Param pin must be 6 characters long.')
  if (number.pin !== null && number.pin !== pin) throw new GraphError(133005)
  number.pin = pin
  number.status = 'CONNECTED'
  world.store.put('phone_number', number.id, number)
  return { success: true }
}

export function deregisterNumber(world: World, number: PhoneNumber): Json {
  number.status = 'DISCONNECTED'
  world.store.put('phone_number', number.id, number)
  return { success: true }
}

async function checkCallback(url: string, verifyToken: string): Promise<void> {
  if (url.length > 200) throw invalid('Param override_callback_uri must be at most 200 characters long.')
  const problem = await verifyCallback(url, verifyToken)
  if (problem !== undefined) {
    throw new GraphError(2200, {
      message: `(#2200) Callback verification failed with the following errors: ${problem}`,
    })
  }
}

function numberNode(world: World, number: PhoneNumber): Json {
  const waba = world.wabas.get(number.wabaId)
  const canSend = number.status === 'CONNECTED' ? 'AVAILABLE' : 'BLOCKED'
  return {
    id: number.id,
    display_phone_number: number.displayPhoneNumber,
    verified_name: number.verifiedName,
    quality_rating: number.qualityRating,
    quality_score: { score: number.qualityRating },
    status: number.status,
    name_status: 'APPROVED',
    new_name_status: 'NONE',
    code_verification_status: 'VERIFIED',
    account_mode: 'LIVE',
    platform_type: 'CLOUD_API',
    throughput: { level: number.throughput },
    whatsapp_business_manager_messaging_limit: number.tier,
    messaging_limit_tier: number.tier,
    is_official_business_account: false,
    is_pin_enabled: number.pin !== null,
    last_onboarded_time: new Date(number.onboardedAt).toISOString().replace(/\.\d+Z$/, '+0000'),
    webhook_configuration: {
      ...(number.overrideUrl !== null && { phone_number: number.overrideUrl }),
      ...(waba?.overrideUrl != null && { whatsapp_business_account: waba.overrideUrl }),
      ...(world.settings.webhookUrl !== null && { application: world.settings.webhookUrl }),
    },
    health_status: {
      can_send_message: canSend,
      entities: [
        { entity_type: 'PHONE_NUMBER', id: number.id, can_send_message: canSend },
        { entity_type: 'WABA', id: number.wabaId, can_send_message: 'AVAILABLE' },
        { entity_type: 'BUSINESS', id: waba?.businessId ?? '', can_send_message: 'AVAILABLE' },
        { entity_type: 'APP', id: world.app.id, can_send_message: 'AVAILABLE' },
      ],
    },
  }
}

/** `filtering=[{"field":"account_mode","operator":"EQUAL","value":"LIVE"}]` over the fields that were asked for. */
function filterOf(query: URLSearchParams): (node: Json) => boolean {
  const text = query.get('filtering')
  if (text === null) return () => true
  const rules = parseObject(`{"rules":${text}}`)?.['rules']
  if (!Array.isArray(rules)) throw invalid('Param filtering must be an array.')
  return (node) => rules.every((rule) => !isObject(rule) || node[String(rule['field'])] === rule['value'])
}
