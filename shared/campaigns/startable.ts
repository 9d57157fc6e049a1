/** What must be true before a campaign starts, and before it is scheduled. */
import type { Deps } from '../deps.ts'
import { AppError, fieldProblem } from '../errors.ts'
import type { PhoneNumber } from '../phone-numbers/schema.ts'
import { phoneNumberStore } from '../phone-numbers/store.ts'
import type { Template } from '../templates/schema.ts'
import { templateStore } from '../templates/store.ts'
import { checkMaySend } from '../workspaces/find.ts'
import { checkSegment } from './audience.ts'
import { checkSameAccount } from './parts.ts'
import type { Campaign } from './schema.ts'
import { checkVariables } from './variables.ts'

/** Throws what a person has to change first. */
export async function checkStartable(deps: Pick<Deps, 'containers'>, campaign: Campaign): Promise<void> {
  const [first] = await obstaclesOf(deps, campaign)
  if (first) throw first
}

/** Everything that a person has to change, in the order in which a start would tell it. */
export async function obstaclesOf(deps: Pick<Deps, 'containers'>, campaign: Campaign): Promise<AppError[]> {
  const { workspace_id, template_id, phone_number_id, variables, audience, started_at } = campaign
  const [template, phoneNumber] = await Promise.all([
    templateStore(deps.containers).find(workspace_id, template_id ?? ''),
    phoneNumberStore(deps.containers).find(workspace_id, phone_number_id),
  ])
  const checks: (() => void | Promise<void>)[] = [() => checkMaySend(deps, workspace_id)]
  checks.push(() => {
    checkTemplate(campaign, template?.value)
  })
  checks.push(() => {
    checkNumber(phoneNumber?.value)
  })
  if (started_at === null) checks.push(() => checkSegment(deps, workspace_id, audience))
  if (template) {
    if (phoneNumber) {
      checks.push(() => {
        checkSameAccount(template.value, phoneNumber.value)
      })
    }
    checks.push(() => checkVariables(deps, workspace_id, template.value, variables))
  }
  return (await Promise.all(checks.map(obstacleIn))).filter((obstacle) => obstacle !== undefined)
}

async function obstacleIn(check: () => void | Promise<void>): Promise<AppError | undefined> {
  try {
    await check()
    return undefined
  } catch (error) {
    if (error instanceof AppError && error.status < 500) return error
    throw error
  }
}

/** Throws where there is none, or Meta does not take it. */
export function checkTemplate({ template_id }: Campaign, template: Template | undefined): asserts template is Template {
  if (template_id === null) {
    throw fieldProblem(['body', 'template_id'], 'Choose an approved template before starting the campaign')
  }
  if (template?.status === 'APPROVED') return
  const status = template?.status ?? 'deleted'
  throw new AppError(
    'template_not_approved',
    `template_id: the template is ${status}; only an APPROVED one can be sent`,
  )
}

function checkNumber(phoneNumber: PhoneNumber | undefined): void {
  if (phoneNumber?.status === 'active') return
  const status = phoneNumber?.status ?? 'deleted'
  throw new AppError('phone_number_not_active', `phone_number_id: the number is ${status}; only an active one can send`)
}
