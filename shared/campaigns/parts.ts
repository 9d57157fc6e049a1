/** What a campaign is made of: number, template, values and audience, each known in the workspace and fit for the others. */
import type { Deps } from '../deps.ts'
import { allChecked, fieldProblem } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { resolvePhoneNumber } from '../phone-numbers/find.ts'
import type { PhoneNumber } from '../phone-numbers/schema.ts'
import type { Template } from '../templates/schema.ts'
import { templateStore } from '../templates/store.ts'
import { checkAudience } from './audience.ts'
import type { Campaign } from './schema.ts'
import { checkVariables } from './variables.ts'

export type CampaignParts = Pick<Campaign, 'phone_number_id' | 'template_id' | 'variables' | 'audience'>

/** With our ids in place of whatever names they were given by. Throws ValidationError naming the field. */
export async function checkedParts(
  deps: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  parts: CampaignParts,
): Promise<CampaignParts> {
  const [phoneNumber, template] = await allChecked([
    resolvePhoneNumber(deps, workspaceId, parts.phone_number_id),
    parts.template_id === null ? undefined : knownTemplate(deps, workspaceId, parts.template_id),
    checkAudience(deps, workspaceId, parts.audience),
  ])
  if (!template) return { ...parts, phone_number_id: phoneNumber.id }
  checkSameAccount(template, phoneNumber)
  await checkVariables(deps, workspaceId, template, parts.variables)
  return { ...parts, phone_number_id: phoneNumber.id, template_id: template.id }
}

/** Meta knows a template in one WhatsApp Business Account only. A number connected without one may be of any. */
export function checkSameAccount(template: Template, phoneNumber: PhoneNumber): void {
  if (phoneNumber.waba_id === null || phoneNumber.waba_id === template.waba_id) return
  throw fieldProblem(
    ['body', 'template_id'],
    'The template belongs to another WhatsApp Business Account than the phone number',
  )
}

async function knownTemplate(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  id: string,
): Promise<Template> {
  const stored = await templateStore(containers).find(workspaceId, id)
  if (!stored) throw fieldProblem(['body', 'template_id'], 'No template of this workspace has this id')
  return stored.value
}
