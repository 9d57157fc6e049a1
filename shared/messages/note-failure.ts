/** Notes what Meta said when a message failed: with the contact, the number, the conversation, the file; a template is asked about. */
import { markContacts } from '../contacts/mark.ts'
import type { Deps } from '../deps.ts'
import { refuseCopyFor } from '../media/keep-at-meta.ts'
import { stopNumber, warnNumber, warnOfCode } from '../phone-numbers/trouble.ts'
import { errorRule, inWords, type Consequence, type ErrorRule } from '../whatsapp/error-actions.ts'
import { askAgain } from '../templates/ask-again.ts'
import { closeWindow } from './close-window.ts'
import { fileIdOf, type OutboundMessage } from './schema.ts'
import { failureOf } from './status.ts'

type NoteDeps = Pick<Deps, 'containers' | 'gates' | 'log' | 'now' | 'queues'>

/** Asks nothing where Meta said nothing about any of them. Safe to run again. */
export async function noteFailure(deps: NoteDeps, message: OutboundMessage): Promise<void> {
  const failure = failureOf(message)
  const code = Number(failure?.code)
  if (!failure || !Number.isInteger(code)) return
  // In a report 0 stands for a failure without a reason, and not for Meta's own code 0, which is about the token.
  if (code === 0 && message.reported.failed) return
  const { workspace_id, contact_id } = message
  const rule = errorRule(code)
  const { at } = failure
  if (rule.also) await followConsequence(deps, message, rule.also, { code, at: new Date(at) })
  if (rule.action === 'mark_contact') await markContacts(deps, workspace_id, [{ contactId: contact_id, code, at }])
  await noteFile(deps, message, code)
  await noteWithNumber(deps, message, rule, { code, at })
}

async function followConsequence(
  deps: NoteDeps,
  message: OutboundMessage,
  also: Consequence,
  said: { code: number; at: Date },
): Promise<void> {
  const { workspace_id, phone_number_id, content } = message
  if (also === 'close_window') await closeWindow(deps, message)
  else if (also === 'warn') await warnOfCode(deps, workspace_id, phone_number_id, said)
  else if (content.type === 'template') await askAgain(deps, workspace_id, content.template_id)
}

async function noteWithNumber(
  deps: NoteDeps,
  { workspace_id, phone_number_id }: OutboundMessage,
  { action, hold }: ErrorRule,
  { code, at }: { code: number; at: string },
): Promise<void> {
  const words = inWords(code)
  if (hold?.isOfAccount) await warnNumber(deps, workspace_id, phone_number_id, { reason: words, at })
  if (action !== 'stop_number' && action !== 'stop_account') return
  const what = action === 'stop_number' ? 'number' : 'account'
  await stopNumber(deps, workspace_id, phone_number_id, { code, what, reason: words, at })
}

async function noteFile(deps: Pick<Deps, 'containers' | 'now'>, message: OutboundMessage, code: number): Promise<void> {
  const mediaId = fileIdOf(message)
  if (mediaId === undefined) return
  await refuseCopyFor(deps, message.workspace_id, { mediaId, phoneNumberId: message.phone_number_id, code })
}
