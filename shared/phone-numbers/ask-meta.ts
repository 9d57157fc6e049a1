/** Asks Meta about a phone number with the token it is to be used with: the proof that both belong together. */
import * as z from 'zod'
import type { Deps } from '../deps.ts'
import { fieldProblem } from '../errors.ts'
import type { GraphError } from '../whatsapp/graph.ts'
import { isAboutToken, metaFailure } from '../whatsapp/refusal.ts'
import { messageLimitOf, type PhoneNumber } from './schema.ts'

const FIELDS =
  'id,display_phone_number,verified_name,quality_rating,status,throughput,whatsapp_business_manager_messaging_limit'

const MetaNumber = z.object({
  display_phone_number: z.string(),
  verified_name: z.string().optional(),
  quality_rating: z.string().default('UNKNOWN'),
  status: z.string().default('UNKNOWN'),
  throughput: z.object({ level: z.string() }).optional(),
  whatsapp_business_manager_messaging_limit: z.string().optional(),
})

const AppUse = z.object({ is_on_biz_app: z.boolean().optional(), platform_type: z.string().optional() })

/** What Meta decides about a number; everything else in the row is ours. */
export type MetaFacts = Pick<
  PhoneNumber,
  | 'display_digits'
  | 'verified_name'
  | 'quality_rating'
  | 'tier'
  | 'message_limit'
  | 'throughput_level'
  | 'is_coexistence'
  | 'meta_status'
>

/** Throws `meta_refused` (with the field to correct) or `meta_unavailable`. */
export async function askMeta({ graph }: Pick<Deps, 'graph'>, metaId: string, token: string): Promise<MetaFacts> {
  const [answer, use] = await Promise.all([
    graph.call({ method: 'GET', path: metaId, token, query: { fields: FIELDS } }),
    // On its own, because not every Graph version knows this field and an unknown field fails the whole call.
    graph.call({ method: 'GET', path: metaId, token, query: { fields: 'is_on_biz_app,platform_type' } }),
  ])
  if (answer.kind !== 'ok') throw metaFailure(answer, hintOf)
  const parsed = MetaNumber.safeParse(answer.body)
  // Something that this token may read, but no phone number: the id of an account, for example.
  if (!parsed.success) throw fieldProblem(['body', 'phone_number_id'], 'Meta has something else under this id')
  const facts = parsed.data
  const tier = facts.whatsapp_business_manager_messaging_limit ?? null
  return {
    display_digits: facts.display_phone_number.replace(/\D/g, ''),
    verified_name: facts.verified_name ?? null,
    quality_rating: facts.quality_rating === 'NA' ? 'UNKNOWN' : facts.quality_rating,
    tier,
    message_limit: messageLimitOf(tier),
    throughput_level: facts.throughput?.level ?? 'STANDARD',
    is_coexistence: use.kind === 'ok' && isCoexistence(AppUse.safeParse(use.body).data),
    meta_status: facts.status,
  }
}

const NumbersOfWaba = z.object({
  data: z.array(z.object({ id: z.coerce.string() })),
  paging: z.object({ cursors: z.object({ after: z.string() }).optional(), next: z.string().optional() }).optional(),
})

/** An account has some hundred numbers at most. */
const MOST_PAGES = 20

interface NumberInWaba {
  metaId: string
  wabaId: string
  token: string
}

/**
 * Throws unless the number is one of the account's. What Meta reports about an account reaches every workspace that
 * has noted it: whoever could note any account would be told about other people's templates.
 */
export async function checkIsOfWaba(deps: Pick<Deps, 'graph'>, wanted: NumberInWaba): Promise<void> {
  let after: string | undefined
  for (let page = 0; page < MOST_PAGES; page++) {
    const numbers = await numbersOfWaba(deps, wanted, after)
    if (numbers.ids.includes(wanted.metaId)) return
    after = numbers.after
    if (after === undefined) break
  }
  throw fieldProblem(['body', 'business_id'], 'The phone number is not one of this WhatsApp Business Account')
}

async function numbersOfWaba(
  { graph }: Pick<Deps, 'graph'>,
  { wabaId, token }: NumberInWaba,
  after: string | undefined,
): Promise<{ ids: string[]; after: string | undefined }> {
  const query = { fields: 'id', limit: '100', ...(after === undefined ? {} : { after }) }
  const answer = await graph.call({ method: 'GET', path: `${wabaId}/phone_numbers`, token, query })
  if (answer.kind !== 'ok') throw metaFailure(answer, () => 'Check business_id: the access_token must reach it')
  const { data = [], paging } = NumbersOfWaba.safeParse(answer.body).data ?? {}
  return { ids: data.map(({ id }) => id), after: paging?.next === undefined ? undefined : paging.cursors?.after }
}

/** Makes Meta send this account's webhooks to our app. False if the token may not do that. */
export async function subscribeToWaba({ graph, log }: Pick<Deps, 'graph' | 'log'>, wabaId: string, token: string) {
  const answer = await graph.call({ method: 'POST', path: `${wabaId}/subscribed_apps`, token })
  if (answer.kind === 'ok') return true
  const why = answer.kind === 'refused' ? { code: answer.error.code } : { reason: answer.reason }
  log.warn('phone_number.not_subscribed', why)
  return false
}

function isCoexistence(use: z.output<typeof AppUse> | undefined): boolean {
  return use?.is_on_biz_app === true && use.platform_type === 'CLOUD_API'
}

function hintOf(error: GraphError): string {
  if (isAboutToken(error)) {
    return 'Give an access_token that is valid and has whatsapp_business_messaging and whatsapp_business_management for this number'
  }
  return 'Check that phone_number_id is the id that Meta shows for the number, and that access_token may use it'
}
