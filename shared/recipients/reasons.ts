/** Our own reasons why a recipient was not sent to, in words for a person. */
import type { Advice } from '../whatsapp/error-advice.ts'

/** A reason without a text of its own is shown as it is. */
export function reasonText(reason: string): Advice {
  return TEXTS[reason] ?? { title: reason.replaceAll('_', ' '), hint: 'Nothing is to be done for this recipient.' }
}

const UNCERTAIN_HINT =
  'A status from Meta may still settle it. After the waiting time it can be sent again, which may reach the person twice: retry with "uncertain".'

const TEXTS: Record<string, Advice> = {
  opted_out: {
    title: 'The person opted out of messages',
    hint: 'Respect it: they get messages again only after opting in.',
  },
  contact_deleted: {
    title: 'The contact was deleted before it was their turn',
    hint: 'Nothing is to be done: who is deleted gets no campaign.',
  },
  missing_variable: {
    title: 'The contact lacks a value that the template needs',
    hint: 'Fill in the contact, or give the variable a fallback, and make a new campaign.',
  },
  frequency_cap: {
    title: 'The person was sent as many marketing messages lately as the workspace allows',
    hint: 'Send them a later campaign, or change the frequency cap in the settings of the workspace.',
  },
  not_reachable: { title: 'Meta could not be reached', hint: 'Retry the campaign: the message was not sent.' },
  no_reason_given: { title: 'Meta gave no reason', hint: 'Retry the campaign later.' },
  answer_lost: { title: 'The answer of Meta was lost', hint: UNCERTAIN_HINT },
  worker_stopped: { title: 'Sending was interrupted before the answer of Meta was recorded', hint: UNCERTAIN_HINT },
}
