/** One message to one campaign recipient: the call to Meta, and what its answer means. */
import type { Deps } from '../deps.ts'
import { outcomeWithFile } from '../media/copies.ts'
import { renderComponents } from '../templates/render.ts'
import { errorRule, isAboutFile } from '../whatsapp/error-actions.ts'
import { stopped, type SendOutcome } from '../whatsapp/outcome.ts'
import { callbackData } from './callback.ts'
import type { Sender } from './gate.ts'
import { triesOf, type Page } from './page.ts'

/** Meta's code for parameters that do not fit the template. */
const TEMPLATE_CHANGED = 132000

export async function sendOne(
  { graph, now }: Pick<Deps, 'graph' | 'now'>,
  { phoneNumber, template, token, header }: Sender,
  page: Page,
  position: number,
): Promise<SendOutcome> {
  const components = rendered(template, page.parameters[position] ?? [], header.media)
  if (!components)
    return { result: { kind: 'failed', code: TEMPLATE_CHANGED, reason: errorRule(TEMPLATE_CHANGED).reason } }
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
      biz_opaque_callback_data: callbackData(page, position),
    },
  })
  const outcome = outcomeWithFile(answer, triesOf(page, position), header.copy, now())
  return header.media === undefined ? outcome : sameForAll(outcome)
}

/** The file in the header is everybody's: whom Meta refuses it for can have the message once a person has mended it. */
function sameForAll(outcome: SendOutcome): SendOutcome {
  const { result } = outcome
  if (result.kind !== 'failed' || !isAboutFile(result.code)) return outcome
  return stopped('stop_template', result.code, result.reason)
}

/** Undefined if the template takes other parameters than it did when they were frozen: Meta would refuse the message. */
function rendered(template: Sender['template'], values: string[], media: Sender['header']['media']) {
  try {
    return renderComponents(template.components, values, typeof media === 'string' ? undefined : media)
  } catch (error) {
    if (error instanceof RangeError) return undefined
    throw error
  }
}
