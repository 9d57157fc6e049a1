/** Answers and webhooks as tests read them, with matchers that fit. */
import { expect } from 'vitest'

/** Matchers with a type: those of vitest are `any`. */
export const anyText: unknown = expect.any(String)
export const anyNumber: unknown = expect.any(Number)
export const like = (pattern: RegExp | string): unknown => expect.stringMatching(pattern)
export const holding = (text: string): unknown => expect.stringContaining(text)
export const partly = (object: object): unknown => expect.objectContaining(object)

/**
 * Everything that tests read of an answer or a webhook, by name. Which of it is really there is what the tests find out;
 * a name that nobody meant does not compile.
 */
export interface Reply {
  // Errors
  error: Reply
  code: number
  message: string
  error_subcode: number
  error_user_title?: string
  error_user_msg?: string
  error_data?: { details: string }
  fbtrace_id: string
  // Nodes and lists
  id: string
  name: string
  username: string
  status: string
  type: string
  url: string
  h: string
  data: Some & Reply
  paging: { cursors: object; next?: string }
  access_token: string
  expires_at: number
  issued_at: number
  granular_scopes: [object, ...object[]]
  throughput: object
  webhook_configuration: { whatsapp_business_account: string }
  whatsapp_business_api_data: Reply
  components: Some
  buttons: [object, ...object[]]
  text: string & { body: string }
  parameter_format: string
  rejected_reason: string
  // Sends and webhooks
  contacts: Some
  messages: Some
  message_status: string
  object: string
  entry: Some
  changes: Some
  field: string
  value: Reply
  statuses?: Some
  errors: Some
  pricing?: object
  profile: { name: string; username?: string }
  from: string
  from_user_id?: string
  user_id: string
  image: Reply
  timestamp: string
  recipient_id: string
  recipient_user_id: string
  biz_opaque_callback_data: string
  message_template_title: string
  message_template_element: string
  message_template_footer: string
  message_template_buttons: [object, ...object[]]
  // The control API
  now: string
  quiet: boolean
  handshake: string
  pending: number
  waba_id: string
  phone_number_id: string
  accepted: number
  refused: number
  refused_by_code: Record<string, number>
  recipients_with_more_than_one: number
  rate_peak_per_second: number
  dropped_updates: number
  failed_attempts: { ECONNREFUSED: number }
  read: number
  wamid: string
  reported: Tally
  planned: Tally
}

/** Lists are read as if something were in them. */
type Some = [Reply, ...Reply[]]
type Counts = Record<'sent' | 'delivered' | 'read' | 'failed' | 'none', number>
export type Tally = { distinct: Counts; reached: Counts }
