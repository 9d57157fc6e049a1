/**
 * What to do about each error Meta gives for a send, and what to tell a person about it. One row per code; decided by
 * code only, because texts, subcodes and HTTP statuses differ between versions and gateways.
 * Source: https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes
 */

export type ErrorAction =
  /** Passing trouble: try this recipient again a little later, a few times. */
  | 'retry'
  /** Calls come too fast: slow down the number, or all who share the limit, then try again. */
  | 'slow_down'
  /** Too many messages to this person in a short time: only they wait, for seconds or minutes. */
  | 'retry_pair'
  /** Too much marketing for this person: only they wait, for a day. */
  | 'retry_tomorrow'
  /** A limit that lifts by itself, of the number, the account or the template: the campaign holds, and goes on by itself. */
  | 'hold'
  /** This message will never go through. */
  | 'fail'
  /** Nor will others to this person: it fails, and is noted with the contact. */
  | 'mark_contact'
  /** The template cannot be sent now: the campaign pauses. */
  | 'stop_template'
  /** The number cannot send now: the campaign pauses. */
  | 'stop_number'
  /** The account or its token cannot send now: the campaign pauses. */
  | 'stop_account'

export interface ErrorRule {
  action: ErrorAction
  reason: string
  /** Of `retry` and `slow_down`: the wait before the next try, where Meta asks for another than usual. */
  afterMs?: number
  /** Of `retry`: tries in all, where fewer than usual make sense. */
  mostTries?: number
  /** Of `slow_down`: whose limit it is, where not the number's own. All who share it stand still for `afterMs`. */
  sharedBy?: 'account' | 'app'
  /** Of `hold`. */
  hold?: HoldRule
  also?: Consequence
}

/**
 * Where what we know differs from what Meta has: the service window, or the template, which Meta is asked for. `warn`: the
 * message fails alone, but for a reason that a person must know of, and that stands on the number.
 */
export type Consequence = 'close_window' | 'ask_template' | 'warn'

export interface HoldRule {
  forMs: number
  /** What still stands after one hold has followed the other for so long is a person's matter. */
  patienceMs: number
  /** The account itself is held back: its number says so meanwhile. */
  isOfAccount?: boolean
}

type More = Pick<ErrorRule, 'afterMs' | 'mostTries' | 'sharedBy' | 'hold' | 'also'>

const HOUR_MS = 3_600_000

const rule = (action: ErrorAction, reason: string, more: More = {}): ErrorRule => ({ action, reason, ...more })

const RULES: Record<number, ErrorRule> = {
  0: rule('stop_account', 'Meta does not accept the access token'),
  1: rule('retry', 'Meta had an unknown problem', { mostTries: 4 }),
  2: rule('retry', 'Meta was overloaded'),
  3: rule('stop_account', 'The access token lacks a permission'),
  4: rule('slow_down', 'The app makes too many calls', { afterMs: 120_000, sharedBy: 'app' }),
  10: rule('stop_account', 'The access token lacks a permission'),
  33: rule('stop_number', 'The phone number was deleted at Meta'),
  100: rule('fail', 'Meta rejected a parameter of the message'),
  190: rule('stop_account', 'The access token expired or was revoked'),
  368: rule('stop_account', 'Meta restricted the account for a policy violation'),
  80007: rule('slow_down', 'The WhatsApp account makes too many calls', { afterMs: 120_000, sharedBy: 'account' }),
  130403: rule('mark_contact', 'The business has blocked this person'),
  130429: rule('slow_down', 'The number sends faster than Meta allows'),
  130472: rule('fail', 'Meta keeps this person out of marketing messages for an experiment'),
  130497: rule('mark_contact', 'The account may not message this country', { also: 'warn' }),
  131000: rule('retry', 'Meta had an internal problem', { mostTries: 4 }),
  131005: rule('stop_account', 'The access token lacks a permission'),
  131008: rule('fail', 'A required parameter is missing'),
  131009: rule('fail', 'A parameter has a value Meta does not accept'),
  131016: rule('retry', 'A service at Meta was unavailable'),
  131021: rule('fail', 'The recipient is the sender'),
  131026: rule('mark_contact', 'The message cannot be delivered: the number may not be on WhatsApp'),
  131030: rule('fail', 'The recipient is not on the test number’s list of allowed recipients', { also: 'warn' }),
  131031: rule('stop_account', 'Meta locked the account'),
  131037: rule('stop_number', 'The display name of the number is not approved yet'),
  131041: rule('fail', 'The group is unknown'),
  131042: rule('stop_account', 'There is a payment problem with the account'),
  131045: rule('stop_number', 'The number is not registered properly'),
  131047: rule('fail', 'More than 24 hours passed since the person last wrote', { also: 'close_window' }),
  131048: rule('hold', 'Meta limits how many messages the number may send for now', {
    // Meta wants no quick tries from a number at its limit, and a limit of a moving day is over after one.
    hold: { forMs: 4 * HOUR_MS, patienceMs: 36 * HOUR_MS },
  }),
  131049: rule('retry_tomorrow', 'Meta held the message back to keep marketing messages few'),
  131050: rule('mark_contact', 'The person stopped marketing messages'),
  131051: rule('fail', 'The message type is not supported'),
  131052: rule('fail', 'The media could not be downloaded'),
  131053: rule('fail', 'Meta could not use the media'),
  131055: rule('fail', 'This kind of message is not allowed'),
  131056: rule('retry_pair', 'Too many messages to this person in a short time'),
  131057: rule('retry', 'The account is in maintenance', { afterMs: 60_000 }),
  131060: rule('fail', 'The message is not available'),
  131062: rule('fail', 'This message needs a phone number, not a user id'),
  131063: rule('stop_template', 'Marketing templates are disabled for the account'),
  131064: rule('hold', 'Meta limits the account because of wrongly categorised templates', {
    hold: { forMs: 12 * HOUR_MS, patienceMs: 7 * 24 * HOUR_MS, isOfAccount: true },
  }),
  132000: rule('fail', 'The number of parameters does not fit the template', { also: 'ask_template' }),
  132001: rule('stop_template', 'The template does not exist in this language or is not approved', {
    also: 'ask_template',
  }),
  132005: rule('fail', 'The text is too long with its parameters filled in'),
  132007: rule('stop_template', 'The template violates a WhatsApp policy'),
  132008: rule('fail', 'A parameter has the wrong format'),
  132012: rule('fail', 'A parameter has the wrong format'),
  132015: rule('stop_template', 'Meta paused the template because of low quality'),
  132016: rule('stop_template', 'Meta disabled the template for good'),
  132018: rule('fail', 'The parameters do not fit the template'),
  132068: rule('stop_template', 'The flow of the template is blocked'),
  132069: rule('hold', 'Meta limits how often the flow of the template is sent in an hour', {
    hold: { forMs: HOUR_MS, patienceMs: 24 * HOUR_MS },
  }),
  133000: rule('stop_number', 'The number is not fully deregistered'),
  133004: rule('retry', 'A server at Meta was unavailable'),
  133005: rule('stop_number', 'The PIN of the number is wrong'),
  133006: rule('stop_number', 'The number must be verified'),
  133008: rule('stop_number', 'Too many wrong PINs for the number'),
  133009: rule('stop_number', 'PINs for the number were tried too fast'),
  133010: rule('stop_number', 'The number is not registered'),
  133015: rule('stop_number', 'The number was deleted a moment ago'),
  133016: rule('stop_number', 'The number was registered too often'),
  134011: rule('fail', 'The payment terms are not accepted', { also: 'warn' }),
  134100: rule('fail', 'Only marketing messages are possible this way'),
  134101: rule('fail', 'The template is still being prepared for marketing messages'),
  134102: rule('fail', 'The template cannot be used for marketing messages'),
  135000: rule('retry', 'Meta had an unknown problem with a parameter', { mostTries: 2 }),
  137000: rule('mark_contact', 'The identity of the recipient changed'),
}

/** Failures that tell something about one person, and nothing about the campaign. */
const ABOUT_ONE_PERSON = new Set([130472, 131021, 131047, 131049, 131056])

/** True where other recipients are as likely to get the message as before. */
export function isAboutOnePerson(code: number): boolean {
  return ABOUT_ONE_PERSON.has(code) || RULES[code]?.action === 'mark_contact'
}

/** True where the file of the message is at fault: of a campaign it is the same for everybody. */
export function isAboutFile(code: number): boolean {
  return code === 131053
}

/** For people: what the failures have in common that are counted under 0. */
export const WITHOUT_CODE = 'Meta could not be reached, or gave no reason'

/** For people: the reason, with Meta's code to look up. */
export function inWords(code: number): string {
  return `${errorRule(code).reason} (Meta ${code})`
}

/**
 * The rule for an error of a send. Codes that are not listed are repeated where the HTTP status says that the trouble
 * passes, and fail otherwise.
 */
export function errorRule(code: number, httpStatus = 400): ErrorRule {
  const known = RULES[code]
  if (known) return known
  if (code >= 200 && code <= 299) return rule('stop_account', 'The access token lacks a permission')
  return httpStatus >= 500 || httpStatus === 408 || httpStatus === 429
    ? rule('retry', `Meta had a problem (${code})`)
    : rule('fail', `Meta refused the message (${code})`)
}
