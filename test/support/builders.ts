/** Things tests are about, with only what matters said. */
import { pageId, type Page } from '../../shared/recipients/page.ts'
import { WorkspaceId, newCampaignId, newId, newUuid } from '../../shared/ids.ts'
import type { PhoneNumber } from '../../shared/phone-numbers/schema.ts'

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

/** A number that can send, as it is stored; Meta knows nothing of it. */
export function aPhoneNumber(workspaceId: WorkspaceId, overrides: Partial<PhoneNumber> = {}): PhoneNumber {
  const at = new Date().toISOString()
  return {
    id: newId('phoneNumber', workspaceId),
    workspace_id: workspaceId,
    type: 'phone_number',
    v: 1,
    meta_id: '106540000000001',
    waba_id: null,
    display_digits: '15550100001',
    display_name: null,
    verified_name: null,
    quality_rating: 'GREEN',
    tier: null,
    message_limit: 1000,
    throughput_level: 'STANDARD',
    is_coexistence: false,
    meta_status: 'CONNECTED',
    status: 'active',
    is_subscribed: true,
    access_token: '',
    app_secret: null,
    token_expires_at: null,
    token_refused_at: null,
    trouble: null,
    synced_at: at,
    verified_at: at,
    created_at: at,
    updated_at: at,
    ...overrides,
  }
}
