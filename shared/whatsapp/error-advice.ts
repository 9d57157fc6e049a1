/** What a person can do about a message that Meta refused, and whether sending it again can help at all. */
import { errorRule } from './error-actions.ts'

/**
 * temporary: the same message can go through later by itself. account: once somebody has mended something of ours: the
 * template, the number, the account, a payment. permanent: sending it again changes nothing, or is not wanted.
 */
export type ErrorClass = 'temporary' | 'account' | 'permanent'
export const ERROR_CLASSES = ['temporary', 'account', 'permanent'] as const satisfies readonly ErrorClass[]

/** The person said so: nobody can force it. */
const AGAINST_THEIR_WILL = new Set([131050])

/** Failures of single messages that time heals, or that we can mend; every other one is permanent. */
const TEMPORARY = new Set([0, 131049, 134101])
const OURS_TO_MEND = new Set([130497, 131030, 131052, 131053, 134011, 134100, 134102])

export function errorClass(code: number): ErrorClass {
  if (TEMPORARY.has(code)) return 'temporary'
  if (OURS_TO_MEND.has(code)) return 'account'
  const { action } = errorRule(code)
  if (action.startsWith('stop_')) return 'account'
  return ['retry', 'slow_down', 'retry_pair', 'hold'].includes(action) ? 'temporary' : 'permanent'
}

/** False where sending again would be against the person's will, whoever asks for it. */
export function mayBeForced(code: number): boolean {
  return !AGAINST_THEIR_WILL.has(code)
}

export interface Advice {
  title: string
  hint: string
}

export function adviceFor(code: number): Advice {
  return { title: errorRule(code).reason, hint: HINTS[code] ?? HINT_OF_CLASS[errorClass(code)] }
}

const HINT_OF_CLASS: Record<ErrorClass, string> = {
  temporary: 'Retry the campaign later: this passes by itself.',
  account: 'Mend this in WhatsApp Manager, then retry the campaign with the error class "account".',
  permanent: 'Sending the same message again will not help; nothing is to be done for this recipient.',
}

const MISFIT = 'The template changed after the campaign was planned, or a value does not fit it: make a new campaign.'

const HINTS: Record<number, string> = {
  100: 'Check the template and its values, and make a new campaign.',
  130403: 'Unblock the person in WhatsApp Manager if they should get messages again.',
  130472: 'Nothing is to be done: Meta keeps some people out of marketing messages. A message they answer lifts it.',
  130497: 'Check in WhatsApp Manager which countries the account may message.',
  131021: 'Remove the number of the campaign itself from the contacts.',
  131026:
    'Check the number. The person may not use WhatsApp, may use an old version, or may not have accepted its terms.',
  131030: 'Add the person to the list of allowed recipients of the test number, or send from a real number.',
  131042: 'Check the payment method of the WhatsApp Business Account, then retry with the error class "account".',
  131047: 'The person must write first, or be sent an approved template.',
  131049: 'Retry after a day or more: Meta limits how many marketing messages a person gets.',
  131050: 'Respect it: the person gets marketing messages again only after allowing them in WhatsApp.',
  131052: 'Check that the media link is public, then retry with the error class "account".',
  131053: 'Use media of a supported type and size, then retry with the error class "account".',
  132000: MISFIT,
  132005: 'Shorten the values that are filled in, and make a new campaign.',
  132008: MISFIT,
  132012: MISFIT,
  132018: MISFIT,
  137000: 'The person changed phone or number: make sure that it is still theirs before you write again.',
}
