/** How many requests a workspace and each caller in it may send: limits of the plan, which is read once a minute. */
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { Tell } from '../http/endpoint.ts'
import type { WorkspaceId } from '../ids.ts'
import type { Buckets, Taken } from '../throttle/buckets.ts'
import type { Caller } from './membership.ts'
import { PLANS, REQUESTS_OUTSIDE_PER_MINUTE } from './plans.ts'
import type { WorkspacePlan } from './schema.ts'
import { planOf } from './settings.ts'

export interface RateLimits {
  /** Where the caller stands, for the answer. `workspaceId`: whose member the caller is, if the request is about one. */
  admit(caller: Caller, workspaceId: WorkspaceId | undefined): Promise<Standing>
}

export interface Standing {
  headers: Record<string, string>
  /** To be thrown: there were too many requests. */
  refusal: AppError | undefined
}

const PLAN_GOOD_FOR_MS = 60_000
const MOST_PLANS = 10_000

export function rateLimits(deps: Pick<Deps, 'containers' | 'now'> & { buckets: Buckets }): RateLimits {
  const { buckets, now } = deps
  const plans = new Map<WorkspaceId, { plan: Promise<WorkspacePlan>; untilMs: number }>()

  function currentPlan(workspaceId: WorkspaceId): Promise<WorkspacePlan> {
    const recent = plans.get(workspaceId)
    if (recent && now().getTime() < recent.untilMs) return recent.plan
    const plan = planOf(deps, workspaceId)
    if (plans.size >= MOST_PLANS) plans.clear()
    plans.set(workspaceId, { plan, untilMs: now().getTime() + PLAN_GOOD_FOR_MS })
    plan.catch(() => plans.delete(workspaceId))
    return plan
  }

  return {
    async admit(caller, workspaceId) {
      const who = caller.userId ?? 'API key'
      if (workspaceId === undefined) {
        const owner = caller.userId ?? caller.memberships.map((membership) => membership.workspaceId).join()
        return standing([await buckets.take({ key: `caller:${owner}`, limit: REQUESTS_OUTSIDE_PER_MINUTE })])
      }
      const { requests_per_minute: limits } = PLANS[await currentPlan(workspaceId)]
      // A caller who is held back takes nothing from the others.
      const own = await buckets.take({ key: `caller:${workspaceId}:${who}`, limit: limits.caller })
      if (own.waitMs > 0) return standing([own])
      return standing([own, await buckets.take({ key: `workspace:${workspaceId}`, limit: limits.workspace })])
    },
  }
}

/** Counts a request, in the workspace too that it is about, and tells how things stand. Throws `too_many_requests`. */
export async function countIn(
  { rateLimits }: { rateLimits: RateLimits },
  workspaceId: WorkspaceId | undefined,
  { caller, tell }: { caller: Caller; tell: Tell },
): Promise<void> {
  const { headers, refusal } = await rateLimits.admit(caller, workspaceId)
  tell(headers)
  if (refusal) throw refusal
}

/** By the bucket that will be empty first. */
function standing(taken: Taken[]): Standing {
  const [tightest] = [...taken].sort((a, b) => b.waitMs - a.waitMs || a.remaining - b.remaining)
  if (!tightest) return { headers: {}, refusal: undefined }
  const { limit, remaining, resetMs, waitMs } = tightest
  return {
    headers: {
      'ratelimit-limit': String(limit),
      'ratelimit-remaining': String(remaining),
      'ratelimit-reset': String(Math.ceil(resetMs / 1000)),
    },
    refusal: waitMs === 0 ? undefined : refusal(limit, Math.ceil(waitMs / 1000)),
  }
}

function refusal(limit: number, seconds: number): AppError {
  const words = `Too many requests: ${limit.toLocaleString('en')} a minute are possible; try again in ${seconds} seconds`
  return new AppError('too_many_requests', words, { headers: { 'retry-after': String(seconds) } })
}
