/** Campaigns in Cosmos DB, written only over the version that was read. */
import type { Query, Stored } from '../azure/cosmos.ts'
import { listNewestFirst } from '../azure/newest-first.ts'
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { Listed, Page } from '../http/paging.ts'
import { isIdOf, type WorkspaceId } from '../ids.ts'
import { NOT_FOUND_WORDS } from '../workspaces/membership.ts'
import { Campaign, waitsForItsTime, type CampaignStatus } from './schema.ts'

export interface CampaignFilter {
  status?: CampaignStatus | undefined
  phoneNumberId?: string | undefined
}

export interface CampaignStore {
  find(workspaceId: WorkspaceId, campaignId: string): Promise<Stored<Campaign> | undefined>
  /** As `find`; throws `campaign_not_found`. */
  get(workspaceId: WorkspaceId, campaignId: string): Promise<Stored<Campaign>>
  /** Newest first. Counts only where the page does not tell the total. */
  list(workspaceId: WorkspaceId, filter: CampaignFilter, page: Page): Promise<Listed<Campaign>>
  create(campaign: Campaign): Promise<Stored<Campaign>>
  replace(stored: Stored<Campaign>, next: Campaign): Promise<Stored<Campaign>>
  /** Campaigns of a workspace that send with this number, or will, or have not come to rest. */
  usingNumber(workspaceId: WorkspaceId, phoneNumberId: string): Promise<Campaign[]>
  /** Campaigns whose time has come, of all workspaces. */
  due(now: Date): Promise<Pick<Campaign, 'id' | 'workspace_id'>[]>
  /** Campaigns whose conductor should be at work, of all workspaces. */
  inMotion(): Promise<Campaign[]>
  /** The same of one workspace. */
  inMotionOf(workspaceId: WorkspaceId): Promise<Campaign[]>
}

const parse = (document: unknown): Campaign => Campaign.parse(document)

export function campaignStore({
  containers,
  log,
}: Pick<Deps, 'containers'> & Partial<Pick<Deps, 'log'>>): CampaignStore {
  const { core } = containers
  const find: CampaignStore['find'] = async (workspaceId, campaignId) => {
    if (!isIdOf('campaign', workspaceId, campaignId)) return undefined
    const stored = await core.read(campaignId, workspaceId, parse)
    return stored?.value.deleted_at === undefined ? stored : undefined
  }
  return {
    find,
    async get(workspaceId, campaignId) {
      const stored = await find(workspaceId, campaignId)
      if (!stored) throw new AppError('campaign_not_found', NOT_FOUND_WORDS)
      return stored
    },
    list: (workspaceId, { status, phoneNumberId }, page) =>
      listNewestFirst(
        {
          container: core,
          partitions: [workspaceId],
          equal: { type: 'campaign', status, phone_number_id: phoneNumberId },
          where: { text: 'NOT IS_DEFINED(c.deleted_at)', parameters: {} },
          page,
          countOnlyIfNeeded: true,
        },
        parse,
      ),
    async create(campaign) {
      const { etag } = await core.create(withDueAt(campaign), campaign.workspace_id)
      return { value: campaign, etag }
    },
    async replace(stored, next) {
      const { etag } = await core.replace(stored, withDueAt(next), next.workspace_id)
      return { value: next, etag }
    },
    due: (now) =>
      // Every partition: once a minute, for the timer, over an index that holds only campaigns that wait for their time.
      core.query({ text: DUE, parameters: { now: now.toISOString() } }, (row) => DueCampaign.parse(row)),
    usingNumber: (workspaceId, phoneNumberId) => core.query(usingNumber(workspaceId, phoneNumberId), parse),
    inMotionOf: (workspaceId) => core.query({ text: IN_MOTION, partition: workspaceId }, parse),
    inMotion: () =>
      // Every partition: once a minute, for the sweeper, over an index that holds only the campaigns in motion.
      readable(
        log,
        core.query({ text: IN_MOTION }, (document) => document),
      ),
  }
}

const DUE = 'SELECT c.id, c.workspace_id FROM c WHERE c.due_at <= @now'
const DueCampaign = Campaign.pick({ id: true, workspace_id: true })

/** Written here and nowhere else, so that no transition can forget it. */
function withDueAt(campaign: Campaign): Campaign & { due_at?: string } {
  if (campaign.scheduled_at === null || campaign.deleted_at !== undefined || !waitsForItsTime(campaign)) return campaign
  return { ...campaign, due_at: campaign.scheduled_at }
}

const IN_MOTION = 'SELECT * FROM c WHERE c.in_motion = true'

function usingNumber(workspaceId: WorkspaceId, phoneNumberId: string): Query {
  return {
    text:
      "SELECT * FROM c WHERE c.type = 'campaign' AND c.phone_number_id = @id " +
      "AND (c.in_motion = true OR c.status IN ('SENDING', 'SCHEDULED')) AND NOT IS_DEFINED(c.deleted_at)",
    parameters: { id: phoneNumberId },
    partition: workspaceId,
  }
}

/** One document of another version must not keep the sweeper from everybody else's campaigns. */
async function readable(log: Deps['log'] | undefined, documents: Promise<unknown[]>): Promise<Campaign[]> {
  return (await documents).flatMap((document) => {
    const parsed = Campaign.safeParse(document)
    if (!parsed.success) log?.error('campaign.unreadable', { error: parsed.error })
    return parsed.success ? [parsed.data] : []
  })
}
