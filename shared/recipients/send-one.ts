/** One message to one campaign recipient: the call to Meta, and what its answer means for the recipient and the campaign. */
import type { Deps } from '../deps.ts'
import { recipientMessageId } from '../ids.ts'
import { renderComponents } from '../templates/render.ts'
import { errorRule, type ErrorAction } from '../whatsapp/error-actions.ts'
import type { GraphAnswer } from '../whatsapp/graph.ts'
import type { Sender } from './gate.ts'
import { triesOf, type Page, type SendResult } from './page.ts'
import { z } from 'zod'

/** What the block must do beyond recording the result. */
export type SideEffect = { kind: 'slow_down' } | { kind: 'stop'; reason: string }

export interface SendOutcome {
  result: SendResult
  effect?: SideEffect
}

const MOST_TRIES = 6
/** Meta's code for parameters that do not fit the template. */
const TEMPLATE_CHANGED = 132000
const SECOND_MS = 1000

export async function sendOne(
  { graph }: Pick<Deps, 'graph'>,
  { phoneNumber, template, token, media }: Sender,
  page: Page,
  position: number,
): Promise<SendOutcome> {
  const components = rendered(template, page.parameters[position] ?? [], media)
  if (!components)
    return { result: { kind: 'failed', code: TEMPLATE_CHANGED, reason: errorRule(TEMPLATE_CHANGED).reason } }
  const messageId = recipientMessageId({ campaignId: page.campaign_id, page: page.number, position })
  const answer = await graph.call({
    method: 'POST',
    path: `${phoneNumber.meta_id}/messages`,
    token,
    json: {
      messaging_product: 'whatsapp',
      recipient_type: 'individual',
      to: page.addresses[position],
      type: 'template',
      template: {
        name: template.name,
        language: { code: template.language },
        components,
      },
      // Comes back with every status of this message, and leads straight to this row.
      biz_opaque_callback_data: messageId,
    },
  })
  return outcomeOf(answer, triesOf(page, position))
}

/** Undefined if the template takes other parameters than it did when they were frozen: Meta would refuse the message. */
function rendered(template: Sender['template'], values: string[], media: Sender['media']) {
  try {
    return renderComponents(template.components, values, media)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}

const Accepted = z.object({ messages: z.array(z.object({ id: z.string() })).min(1) })

export function outcomeOf(answer: GraphAnswer, tries: number): SendOutcome {
  switch (answer.kind) {
    case 'ok': {
      const [message] = Accepted.safeParse(answer.body).data?.messages ?? []
      // A 200 without an id may stand for a message that went out: never sent again by itself.
      if (!message) return { result: { kind: 'uncertain', reason: 'answer_lost' } }
      return { result: { kind: 'accepted', wamid: message.id } }
    }
    case 'unknown':
      return { result: { kind: 'uncertain', reason: 'answer_lost' } }
    case 'not_sent':
      return { result: againOrFailed(0, 'not_reachable', tries, backOffMs(tries)) }
    case 'refused':
      return refused(answer.error.code, answer.status, tries)
  }
}

function refused(code: number, status: number, tries: number): SendOutcome {
  const { action, reason } = errorRule(code, status)
  switch (action) {
    case 'fail':
      return { result: { kind: 'failed', code, reason } }
    case 'retry':
      return { result: againOrFailed(code, reason, tries, backOffMs(tries)) }
    case 'slow_down':
      // Not the recipient's fault: no limit on tries.
      return { result: { kind: 'again', afterMs: 2 * SECOND_MS, code, reason }, effect: { kind: 'slow_down' } }
    case 'retry_pair':
      // Meta's own advice for 131056: wait 4^n seconds.
      return { result: againOrFailed(code, reason, tries, 4 ** tries * SECOND_MS) }
    default:
      return stopped(action, code, reason)
  }
}

/** The recipient stays pending for when a person has mended what stopped the campaign. */
function stopped(action: ErrorAction, code: number, reason: string): SendOutcome {
  const what = action === 'stop_template' ? 'template' : action === 'stop_number' ? 'number' : 'account'
  return {
    result: { kind: 'again', afterMs: 0, code, reason },
    effect: { kind: 'stop', reason: `${reason} (Meta ${code}, ${what})` },
  }
}

function againOrFailed(code: number, reason: string, tries: number, afterMs: number): SendResult {
  if (tries + 1 >= MOST_TRIES) return { kind: 'failed', code, reason }
  return { kind: 'again', afterMs, code, reason }
}

function backOffMs(tries: number): number {
  return SECOND_MS * 2 ** tries
}
