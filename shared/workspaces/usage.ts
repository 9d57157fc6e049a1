/** What a workspace uses of its plan. */
import * as z from 'zod'
import { countContacts } from '../contacts/counts.ts'
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { countPhoneNumbers } from '../phone-numbers/find.ts'
import { PLANS } from './plans.ts'
import { WorkspacePlan } from './schema.ts'
import { workspaceStore } from './store.ts'

const QuotaUse = z
  .object({
    used: z.int().min(0),
    limit: z.int().min(0).nullable().meta({ description: 'null: no limit' }),
  })
  .meta({ id: 'QuotaUse', description: 'What is used of what the plan has' })

const RequestLimit = z
  .object({ requests: z.int().min(1), seconds: z.int().min(1) })
  .meta({ id: 'RequestLimit', description: 'So many requests at once, and so many in so many seconds in the long run' })

export const UsageResponse = z
  .object({
    plan: WorkspacePlan,
    contacts: QuotaUse,
    messages_per_month: QuotaUse.meta({ description: 'Single messages and recipients of campaigns this month (UTC)' }),
    month_ends_at: z.iso.datetime(),
    members: QuotaUse.meta({ description: 'Invited ones too' }),
    phone_numbers: QuotaUse,
    rate_limits: z.object({
      workspace: RequestLimit.meta({ description: 'Everybody together' }),
      caller: RequestLimit.meta({ description: 'One person, or the API key' }),
    }),
  })
  .meta({ id: 'UsageResponse', description: 'What a workspace uses of its plan' })

export async function usageOf(
  deps: Pick<Deps, 'containers' | 'messageCounts' | 'now'>,
  workspaceId: WorkspaceId,
): Promise<z.output<typeof UsageResponse>> {
  const [{ value: workspace }, contacts, messages, numbers] = await Promise.all([
    workspaceStore(deps.containers).get(workspaceId),
    countContacts(deps, workspaceId),
    deps.messageCounts.of(workspaceId),
    countPhoneNumbers(deps, workspaceId),
  ])
  const plan = PLANS[workspace.plan]
  const now = deps.now()
  const perMinute = (requests: number) => ({ requests, seconds: 60 })
  return {
    plan: workspace.plan,
    contacts: { used: contacts, limit: plan.contacts },
    messages_per_month: { used: messages, limit: plan.messages_per_month },
    month_ends_at: new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1)).toISOString(),
    members: { used: workspace.member_count ?? 1, limit: plan.members },
    phone_numbers: { used: numbers, limit: plan.phone_numbers },
    rate_limits: {
      workspace: perMinute(plan.requests_per_minute.workspace),
      caller: perMinute(plan.requests_per_minute.caller),
    },
  }
}
