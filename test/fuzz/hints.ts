/** Values that mean something to the rules behind the schema: chance alone would never hit them. */
import { anEmail, A_PASSWORD, type Population } from './population.ts'
import type { Dice } from './dice.ts'

type Hint = (population: Population, dice: Dice) => unknown

export function hintFor(operation: string, field: string, population: Population, dice: Dice): unknown {
  return (HINTS[`${operation.replace(/-of-workspace$/, '')} ${field}`] ?? HINTS[field])?.(population, dice)
}

/** Few numbers, so that contacts stay few: campaigns write to all of them. Fictitious: 555-01xx. */
const aNumber: Hint = (_population, dice) => {
  const number = `+120155501${String(dice.below(60)).padStart(2, '0')}`
  return dice.pick([number, number, number.slice(1), `00${number.slice(1)}`, `+1 (201) 555-01${number.slice(-2)}`])
}

const words =
  (...from: [unknown, ...unknown[]]): Hint =>
  (_population, dice) =>
    dice.pick(from)

const STATUSES = words(
  'active',
  'PENDING',
  'disabled',
  'suspended',
  'draft',
  'SENDING',
  'Completed',
  'cancelled',
  'x',
  null,
)

const HINTS: Record<string, Hint> = {
  'phone-numbers-create phone_number_id': ({ freeMetaIds }, dice) => dice.some(freeMetaIds),
  'phone-numbers-create access_token': ({ meta }) => meta.accessToken,
  'phone-numbers-create business_id': ({ meta }) => meta.wabaId,
  'phone-numbers-update access_token': ({ meta }) => meta.accessToken,
  'auth-signin email': ({ ownerEmail }) => ownerEmail,
  'auth-signin password': () => A_PASSWORD,
  'auth-signup password': words(A_PASSWORD, 'short', 'x'.repeat(100), '        '),
  'templates-create name': (_population, dice) => `t_${dice.below(1e9)}`,
  'messages-send-template template_name': ({ meta }) => `greeting_${meta.phoneNumberId}`,
  'auth-signin refresh_token_in': words('body', 'body', 'cookie'),
  refresh_token: ({ refreshTokens }, dice) => dice.some(refreshTokens),
  'webhook-verify hub.mode': words('subscribe', 'subscribe', 'subscribe', 'unsubscribe'),
  'webhook-verify hub.verify_token': ({ deps }) => deps.config.meta.verifyToken,
  'webhook-verify hub.challenge': words('1158201444', '', '<script>'),
  email: () => anEmail(),
  user_email: ({ emails }, dice) => dice.some([...emails, anEmail()]),
  phone_number: aNumber,
  to: aNumber,
  template_language: words('en', 'en_US', 'de', 'xx'),
  language: words('en', 'en_US', 'de', 'xx', ''),
  category: words('MARKETING', 'utility', 'AUTHENTICATION', 'x'),
  media_type: words('image', 'IMAGE', 'video', 'document', 'audio', 'x'),
  type: words('image', 'Video', 'document', 'x'),
  status: STATUSES,
  default_country: words('DE', 'us', 'ZZ', '', 'x'),
  cursor: ({ cursors }, dice) => dice.some(cursors) ?? 'e30',
  tags: words('vip', 'vip,VIP', 'a,b', ''),
  search: words('ada', 'ADA', '+1201', '0100', '%', ''),
  provider: words('Email', 'Email', 'Email', 'Google'),
  components: (_population, dice) => dice.pick(COMPONENTS),
  variables: (_population, dice) => dice.pick(VARIABLES),
  settings: words({ default_country: 'DE' }, { contacts_opted_in: null, anything: [1] }, {}, { default_country: 'x' }),
}

const BODY = { type: 'BODY', text: 'Hello {{1}}, good to see you.', example: { body_text: [['Ada']] } }
const COMPONENTS: [unknown, ...unknown[]] = [
  [BODY],
  { components: [BODY] },
  { body: { text: 'Good to see you.' } },
  { body: ['Ada'] },
  { body: [{ type: 'text', text: 'Ada' }] },
  [{ type: 'body', parameters: [{ type: 'text', text: 'Ada' }] }],
  [{ type: 'BODY', text: '{{1}}' }],
  [BODY, BODY],
  [{ ...BODY, text: 'Hello {{name}} and {{1}}' }],
  [BODY, { type: 'FOOTER', text: 'x'.repeat(61) }],
  [BODY, { type: 'BUTTONS', buttons: [{ type: 'QUICK_REPLY', text: 'Yes' }] }],
  [BODY, { type: 'HEADER', format: 'IMAGE' }],
  [],
  {},
]

const VARIABLES: [unknown, ...unknown[]] = [
  { 'body.1': { value: 'you' } },
  { 'body.1': { field: 'name' } },
  { 'body.1': { field: 'name', fallback: 'you' } },
  { 'body.2': { value: 'x' } },
  { 'header.media': { value: 'https://example.com/a.png' } },
  {},
  null,
]
