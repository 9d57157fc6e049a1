/** What a person can do about a message that failed. */
import { errorRule, type ErrorAction } from '../whatsapp/error-actions.ts'

const HINTS: Record<string, string> = {
  workspace_suspended: 'Send it again when the workspace is active',
  phone_number_not_active: 'Check the phone number, or send from another one',
  phone_number_not_found: 'Send from another phone number',
  template_not_approved: 'Send a template that is APPROVED',
  contact_opted_out: 'Only the contact can opt in again',
  media_not_found: 'Upload the file again',
  meta_unavailable: 'Send it again later',
  expired: 'Send it again if it still matters',
  130472: 'Nothing can be done about it; other messages to this person may arrive',
  131026: 'Check that the number is on WhatsApp, and that the person uses a current version of it',
  131030: 'Add the number to the allowed recipients of the test number at Meta',
  131047: 'Send a template: it may go at any time',
  131049: 'Try again after 24 hours at the earliest',
  131050: 'Send this person no more marketing messages',
  131053: 'Check the type and size of the file, or send it as a document',
  132000: 'Check the values against the template as it is now',
}

const HINT_OF_ACTION: Record<ErrorAction, string> = {
  retry: 'Send it again later',
  slow_down: 'Send it again later',
  retry_pair: 'Send it again later',
  retry_tomorrow: 'Send it again after 24 hours at the earliest',
  hold: 'Send it again in some hours, and look at the quality of the number and its templates at Meta',
  mark_contact: 'Do not send to this person as things are',
  fail: 'Correct the message before sending it again',
  stop_template: 'Check the template at Meta',
  stop_number: 'Check the phone number at Meta',
  stop_account: 'Check the WhatsApp account and the access token at Meta',
}

/** `code` is Meta's as text, or one of ours. */
export function hintOf(code: string): string {
  return HINTS[code] ?? HINT_OF_ACTION[code === '0' ? 'fail' : errorRule(Number(code)).action]
}
