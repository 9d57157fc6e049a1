/** May this execution send right now: with which number and template, and whom it must leave out or let wait. */
import { heldForMs } from '../campaigns/hold.ts'
import { pauseBySystem } from '../campaigns/pause.ts'
import type { LeftOut } from '../contacts/left-out.ts'
import type { Deps } from '../deps.ts'
import type { QueueMessage } from '../queue/messages.ts'
import type { Gate, Sender } from './gate.ts'
import { positionsIn, recorded, waitingUntil, type Page, type SendResult } from './page.ts'
import { endOfQuiet } from './quiet-hours.ts'

type TurnDeps = Pick<Deps, 'containers' | 'now' | 'log' | 'gates'>
type Message = QueueMessage<'outbound-sends'>

export interface Turn {
  sender: Sender
  leftOut: LeftOut
}

/**
 * Undefined if it may not; a number or template that cannot send pauses the campaign. `later` until Meta has the file of the
 * header, which its conductor sees to: nobody waits for that while they hold recipients.
 */
export async function currentTurn(deps: TurnDeps, message: Message): Promise<Turn | 'later' | undefined> {
  const gate = await openGate(deps, message)
  if (!gate) return undefined
  const sender = await deps.gates.sender(gate.campaign)
  if (sender?.header.media === 'awaited') {
    deps.gates.forgetSender(gate.campaign)
    return 'later'
  }
  const obstacle = obstacleOf(sender)
  if (sender && obstacle === undefined) return { sender, leftOut: gate.leftOut }
  await pauseBySystem(deps, message, obstacle ?? 'The phone number or the template of this campaign no longer exists')
  return undefined
}

/** The page without those who opted out or were deleted meanwhile; those for whom it is too late in the evening wait. */
export function thinned(page: Page, { leftOut, sender }: Turn, now: Date): Page {
  const awake = sender.quietHours ? waitingUntil(page, (address) => endOfQuiet(sender.quietHours, address, now)) : page
  if (leftOut.size === 0) return awake
  const results = new Map<number, SendResult>()
  for (const position of positionsIn(awake, 'p')) {
    const reason = leftOut.get(awake.contacts[position] ?? '')
    if (reason) results.set(position, { kind: 'skipped', reason })
  }
  return recorded(awake, results, now)
}

/** A remembered "no" is asked again, because a campaign that was resumed a moment ago would lose its pages to it. */
async function openGate(deps: TurnDeps, message: Message): Promise<Gate | undefined> {
  const { workspace_id, campaign_id, execution_id } = message
  const isOpen = (gate: Gate | undefined) =>
    gate?.campaign.status === 'SENDING' &&
    gate.campaign.execution_id === execution_id &&
    heldForMs(gate.campaign, deps.now()) === 0
  const remembered = await deps.gates.gate(workspace_id, campaign_id)
  if (isOpen(remembered)) return remembered
  deps.gates.forget(workspace_id, campaign_id)
  const fresh = await deps.gates.gate(workspace_id, campaign_id)
  return isOpen(fresh) ? fresh : undefined
}

/** What keeps this number and template from sending, in words for a person. */
function obstacleOf(sender: Sender | undefined): string | undefined {
  if (!sender) return undefined
  if (sender.phoneNumber.status !== 'active') return `The phone number is ${sender.phoneNumber.status}`
  if (sender.template.status !== 'APPROVED') return `The template is ${sender.template.status}`
  if (sender.header.media === 'gone') return 'The file in the header of the template was deleted'
  return undefined
}
