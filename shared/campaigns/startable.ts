/** What must be true before a campaign starts, and before it is scheduled. */
import type { Deps } from '../deps.ts'
import { AppError, fieldProblem } from '../errors.ts'
import { phoneNumberStore } from '../phone-numbers/store.ts'
import { templateStore } from '../templates/store.ts'
import { checkMaySend } from '../workspaces/find.ts'
import { checkSameAccount } from './parts.ts'
import type { Campaign } from './schema.ts'
import { checkVariables } from './variables.ts'

/** Throws what a person has to change first. */
export async function checkStartable(deps: Pick<Deps, 'containers'>, campaign: Campaign): Promise<void> {
  await checkMaySend(deps, campaign.workspace_id)
  if (campaign.template_id === null) {
    throw fieldProblem(['body', 'template_id'], 'Choose an approved template before starting the campaign')
  }
  const [template, phoneNumber] = await Promise.all([
    templateStore(deps.containers).find(campaign.workspace_id, campaign.template_id),
    phoneNumberStore(deps.containers).find(campaign.workspace_id, campaign.phone_number_id),
  ])
  if (template?.value.status !== 'APPROVED') {
    const status = template?.value.status ?? 'deleted'
    throw new AppError(
      'template_not_approved',
      `template_id: the template is ${status}; only an APPROVED one can be sent`,
    )
  }
  if (phoneNumber?.value.status !== 'active') {
    const status = phoneNumber?.value.status ?? 'deleted'
    throw new AppError(
      'phone_number_not_active',
      `phone_number_id: the number is ${status}; only an active one can send`,
    )
  }
  checkSameAccount(template.value, phoneNumber.value)
  checkVariables(template.value, campaign.variables)
}
