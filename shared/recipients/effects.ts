/** What Meta's answers to a block ask for beyond its recipients: a slower number, a hold, a pause, a note on a contact. */
import { holdBySystem } from '../campaigns/hold.ts'
import { pauseBySystem } from '../campaigns/pause.ts'
import { markContacts } from '../contacts/mark.ts'
import type { Deps } from '../deps.ts'
import { refuseCopy } from '../media/keep-at-meta.ts'
import { slowDown } from '../phone-numbers/slow-down.ts'
import { stopNumber, warnNumber, warnOfCode } from '../phone-numbers/trouble.ts'
import type { QueueMessage } from '../queue/messages.ts'
import { askAgain } from '../templates/ask-again.ts'
import { errorRule, type HoldRule } from '../whatsapp/error-actions.ts'
import type { SideEffect } from '../whatsapp/outcome.ts'
import type { Sender } from './gate.ts'
import type { Page, SendResult } from './page.ts'

type EffectDeps = Pick<Deps, 'config' | 'containers' | 'now' | 'log' | 'gates' | 'pacer' | 'queues'>
type Message = QueueMessage<'outbound-sends'>
type Execution = Pick<Message, 'workspace_id' | 'campaign_id' | 'execution_id'>

/** True if its number was slowed down, so that slots taken at the old rate are given up. */
export async function applyEffects(
  deps: EffectDeps,
  message: Message,
  sender: Sender,
  effects: readonly SideEffect[],
): Promise<boolean> {
  const stop = effects.find((effect) => effect.kind === 'stop')
  if (stop) await stopSending(deps, message, sender.phoneNumber.id, stop)
  if (effects.some((effect) => 'code' in effect && errorRule(effect.code).also === 'ask_template')) {
    await askAgain(deps, message.workspace_id, sender.template.id)
  }
  const warning = effects.find((effect) => effect.kind === 'warn')
  if (warning) {
    const said = { code: warning.code, at: deps.now() }
    await warnOfCode(deps, message.workspace_id, sender.phoneNumber.id, said)
  }
  const hold = effects.find((effect) => effect.kind === 'hold')
  if (hold) await holdForHours(deps, message, sender.phoneNumber.id, hold)
  if (effects.some((effect) => effect.kind === 'lost_file')) await askForHeader(deps, message, sender)
  const slow = slowest(effects)
  if (slow) await slowDown(deps, sender.phoneNumber, slow.code)
  return slow !== undefined
}

/** Of several, the one that most numbers must hear. */
function slowest(effects: readonly SideEffect[]) {
  const slow = effects.filter((effect) => effect.kind === 'slow_down')
  return slow.find(({ code }) => errorRule(code).sharedBy !== undefined) ?? slow[0]
}

/** The conductor gives Meta the file again; what this process remembers of the old copy is over. */
async function askForHeader(deps: EffectDeps, message: Message, { header: { copy } }: Sender): Promise<void> {
  if (copy) await refuseCopy(deps, message.workspace_id, copy)
  deps.gates.forgetSender({ id: message.campaign_id, execution_id: message.execution_id })
}

/** What is wrong with the number or its account is wrong for all of its campaigns, and is marked for people to see. */
export async function stopSending(
  deps: Pick<Deps, 'containers' | 'now' | 'log' | 'gates'>,
  execution: Execution,
  phoneNumberId: string,
  { what, code, reason }: Extract<SideEffect, { kind: 'stop' }>,
): Promise<void> {
  await pauseBySystem(deps, execution, reason)
  if (what === 'template') return
  const at = deps.now().toISOString()
  await stopNumber(deps, execution.workspace_id, phoneNumberId, { code, what, reason, at })
}

/** Until the limit has probably lifted, counted from when Meta said it: told again later, it is the same hold, or over. */
export async function holdForHours(
  deps: Pick<Deps, 'containers' | 'now' | 'log' | 'gates'>,
  execution: Execution,
  phoneNumberId: string,
  { reason, hold, at = deps.now() }: { reason: string; hold: HoldRule; at?: Date },
): Promise<void> {
  const { forMs, patienceMs, isOfAccount } = hold
  const untilMs = at.getTime() + forMs
  if (untilMs <= deps.now().getTime()) return
  await holdBySystem(deps, execution, { untilMs, reason, patienceMs })
  if (isOfAccount) await warnNumber(deps, execution.workspace_id, phoneNumberId, { reason, at: at.toISOString() })
}

/**
 * Notes with the contacts of a block what Meta said about them; nothing is asked where it said nothing. A failure is told in
 * the log only, and keeps no block from being recorded: Meta says the same next time.
 */
export async function noteFailures(
  deps: Pick<Deps, 'containers' | 'now' | 'log'>,
  page: Page,
  results: ReadonlyMap<number, SendResult>,
): Promise<void> {
  const marks = [...results].flatMap(([position, result]) =>
    result.kind === 'failed' && errorRule(result.code).action === 'mark_contact'
      ? [{ contactId: page.contacts[position] ?? '', code: result.code }]
      : [],
  )
  try {
    await markContacts(deps, page.workspace_id, marks)
  } catch (error) {
    deps.log.error('contacts.not_marked', { workspace_id: page.workspace_id, error })
  }
}
