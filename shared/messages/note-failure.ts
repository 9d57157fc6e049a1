/** Notes with the contact what Meta said about the person when a message to them failed. */
import { markContacts } from '../contacts/mark.ts'
import type { Deps } from '../deps.ts'
import { errorRule } from '../whatsapp/error-actions.ts'
import type { OutboundMessage } from './schema.ts'
import { failureOf } from './status.ts'

/** Asks nothing where Meta said nothing about the person. */
export async function noteFailure(
  deps: Pick<Deps, 'containers' | 'log' | 'now'>,
  message: OutboundMessage,
): Promise<void> {
  const code = Number(failureOf(message)?.code)
  if (!Number.isInteger(code) || errorRule(code).action !== 'mark_contact') return
  await markContacts(deps, message.workspace_id, [{ contactId: message.contact_id, code, at: failureOf(message)?.at }])
}
