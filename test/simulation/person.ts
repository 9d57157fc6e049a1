/** Whoever uses the API: starts, pauses, cancels, retries, opts people out, sometimes twice at once, and gets no answer now and then. */
import { cancelCampaign } from '../../shared/campaigns/cancel.ts'
import { executeCampaign } from '../../shared/campaigns/execute.ts'
import { pauseCampaign } from '../../shared/campaigns/pause.ts'
import { CampaignRetry, retryCampaign } from '../../shared/campaigns/retry.ts'
import { createContact } from '../../shared/contacts/create.ts'
import { contactId } from '../../shared/contacts/schema.ts'
import { updateContact } from '../../shared/contacts/update.ts'
import type { Deps } from '../../shared/deps.ts'
import { AppError } from '../../shared/errors.ts'
import { campaignDocument } from './look.ts'
import { phoneOf } from './setup.ts'
import { judge, type SimulatedWorld } from './world.ts'

export interface Person {
  execute(campaignId: string): void
  pause(campaignId: string): void
  cancel(campaignId: string): void
  retry(campaignId: string, statuses: ('failed' | 'uncertain')[]): void
  optOut(index: number): void
  optIn(index: number): void
  create(index: number): void
}

/** A request that was not answered may still be carried out for so long. */
const MAY_LINGER_MS = 60_000

export function createPerson(world: SimulatedWorld): Person {
  const { workspaceId, watch, scheduler, random } = world
  /** Until when a start may still be under way. */
  const starting = new Map<string, number>()
  const optingIn = new Map<string, number>()

  const ask = (name: string, work: (deps: Deps) => Promise<unknown>, answered?: () => void): void => {
    const taken = world.consumer()
    if (!taken) return
    world.trace(`a person asks ${taken.host.name} to ${name}`)
    work(taken.deps).then(
      () => {
        world.trace(`a person hears that ${name} worked`)
        answered?.()
      },
      (error: unknown) => {
        world.trace(`a person hears that ${name} failed: ${error instanceof Error ? error.message : String(error)}`)
        if (!(error instanceof AppError && error.status < 500)) judge(error, world.fail)
      },
    )
  }
  const begin = (pending: Map<string, number>, key: string): void => {
    pending.set(key, scheduler.now() + MAY_LINGER_MS + 2 * world.chaos().longestFreezeMs)
  }
  const isUnderWay = (pending: Map<string, number>, key: string): boolean => (pending.get(key) ?? 0) > scheduler.now()

  const start = (name: string, campaignId: string, work: (deps: Deps) => Promise<unknown>): void => {
    watch.stopped(campaignId, undefined)
    begin(starting, campaignId)
    ask(name, work)
  }
  const stop = (name: string, campaignId: string, work: (deps: Deps) => Promise<unknown>): void => {
    ask(name, work, () => {
      if (!isUnderWay(starting, campaignId)) watch.stopped(campaignId, scheduler.now())
    })
  }
  return {
    execute: (campaignId) => start('start', campaignId, (deps) => executeCampaign(deps, workspaceId, campaignId)),
    pause: (campaignId) => stop('pause', campaignId, (deps) => pauseCampaign(deps, workspaceId, campaignId)),
    cancel(campaignId) {
      // A cancel is for good: no start that lingers can undo it.
      ask(
        'cancel',
        (deps) => cancelCampaign(deps, workspaceId, campaignId),
        () => watch.stopped(campaignId, scheduler.now()),
      )
    },
    retry(campaignId, statuses) {
      const before = campaignDocument(world, campaignId)
      if (before.status !== 'COMPLETED') return
      const wanted = CampaignRetry.parse({ statuses, force: random.chance(0.5) })
      start(`retry ${statuses.join(' and ')}`, campaignId, (deps) =>
        retryCampaign(deps, workspaceId, campaignId, wanted),
      )
    },
    optOut(index) {
      const { e164, waId } = phoneOf(index)
      const id = contactId(workspaceId, waId)
      ask(
        `opt ${index} out`,
        (deps) => updateContact(deps, workspaceId, id, { opted_in: false, source: 'api' }),
        () => {
          if (!isUnderWay(optingIn, e164)) watch.optedOut(e164, scheduler.now())
        },
      )
    },
    optIn(index) {
      const { e164, waId } = phoneOf(index)
      const id = contactId(workspaceId, waId)
      watch.optedOut(e164, undefined)
      begin(optingIn, e164)
      ask(`opt ${index} in`, (deps) => updateContact(deps, workspaceId, id, { opted_in: true, source: 'api' }))
    },
    create(index) {
      const { e164 } = phoneOf(index)
      ask(`create ${index}`, (deps) => createContact(deps, workspaceId, { phone_number: e164, name: 'Late' }))
    },
  }
}
