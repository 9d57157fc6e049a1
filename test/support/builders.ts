/** Things tests are about, with only what matters said. */
import { pageId, type Page } from '../../shared/recipients/page.ts'
import { WorkspaceId, newCampaignId, newUuid } from '../../shared/ids.ts'

export function aWorkspaceId(): WorkspaceId {
  return WorkspaceId.parse(newUuid())
}

/** A page whose recipients have these states, one letter each. */
export function aPage(states: string, overrides: Partial<Page> = {}): Page {
  const workspaceId = overrides.workspace_id ?? aWorkspaceId()
  const campaignId = overrides.campaign_id ?? newCampaignId(workspaceId, new Date())
  const number = overrides.number ?? 0
  return {
    id: pageId(number),
    pk: `${workspaceId}:${campaignId}`,
    type: 'page',
    v: 1,
    workspace_id: workspaceId,
    campaign_id: campaignId,
    number,
    version: 0,
    contacts: Array.from(states, () => newUuid()),
    addresses: Array.from(states, (_, index) => `+1555010${String(index).padStart(4, '0')}`),
    parameters: Array.from(states, () => []),
    states,
    wamids: {},
    notes: {},
    waits: {},
    lease: null,
    resends: {},
    round: 0,
    release: 0,
    ...overrides,
  }
}
