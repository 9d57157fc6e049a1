/** Notes what Meta said when a message failed: with the contact, the number, the conversation; a template is asked about. */
import { markContacts } from '../contacts/mark.ts'
import type { Deps } from '../deps.ts'
import { stopNumber, warnNumber } from '../phone-numbers/trouble.ts'
import { errorRule } from '../whatsapp/error-actions.ts'
import { askAgain } from '../templates/ask-again.ts'
import { closeWindow } from './close-window.ts'
import type { OutboundMessage } from './schema.ts'
import { failureOf } from './status.ts'

/** Asks nothing where Meta said nothing about either. Safe to run again. */
export async function noteFailure(
  deps: Pick<Deps, 'containers' | 'gates' | 'log' | 'now' | 'queues'>,
  message: OutboundMessage,
): Promise<void> {
  const failure = failureOf(message)
  const code = Number(failure?.code)
  if (!failure || !Number.isInteger(code)) return
  const { workspace_id, contact_id, phone_number_id, content } = message
  const { action, reason, hold, also } = errorRule(code)
  if (also === 'close_window') await closeWindow(deps, message)
  if (also === 'ask_template' && content.type === 'template') await askAgain(deps, workspace_id, content.template_id)
  const { at } = failure
  if (action === 'mark_contact') await markContacts(deps, workspace_id, [{ contactId: contact_id, code, at }])
  const words = `${reason} (Meta ${code})`
  if (hold?.isOfAccount) await warnNumber(deps, workspace_id, phone_number_id, { reason: words, at })
  if (action !== 'stop_number' && action !== 'stop_account') return
  const what = action === 'stop_number' ? 'number' : 'account'
  await stopNumber(deps, workspace_id, phone_number_id, { code, what, reason: words, at })
}
