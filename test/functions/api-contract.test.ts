import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ENDPOINTS } from '../../functions/endpoints.ts'
import { FALLBACK_NAME } from '../../functions/register.ts'
import { loadApp } from '../../local/functions-host/load-app.ts'
import { functionsInNameOrder } from '../../local/functions-host/registry.ts'
import { methodsOf, routeOf } from '../../local/functions-host/routes.ts'
import { buildDocument } from '../../shared/openapi/document.ts'
import { additions, brokenPromises, newRequirements, operationsOf } from '../support/api-contract.ts'
import type { Inventory } from '../support/read-api-spec.ts'
import { aWorld, type World } from '../support/world.ts'

const file = new URL('../fixtures/api-inventory.json', import.meta.url)
// Written by test/support/read-api-spec.ts as this type.
const inventory = JSON.parse(readFileSync(file, 'utf8')) as Inventory
const document = buildDocument(ENDPOINTS, { publicUrl: 'http://localhost:8000', version: '0.1.0' })

const NOT_IN_THE_PATH = 'the document lists a path parameter that its path does not have; both paths are served'
const WORKSPACE_OF_THE_PATH = 'the path names the workspace: the body, which the document’s example leaves out, may too'
const META_ID_TOO = 'Meta’s own id of the number is understood where it is one of this workspace’s'
const ARRAY_TOO = 'Meta writes components as an array: both forms are taken'

/** Where the API document contradicts itself, or leaves open what was decided. */
const DEVIATIONS: Record<string, string> = {
  'GET /api/media/{media_id}/download: no 200': 'its words say 307, its table 200: 307',
  'GET /api/phone-numbers/{phone_number_id}: path workspace_id: missing': NOT_IN_THE_PATH,
  'PATCH /api/phone-numbers/{phone_number_id}: path workspace_id: missing': NOT_IN_THE_PATH,
  'DELETE /api/phone-numbers/{phone_number_id}: path workspace_id: missing': NOT_IN_THE_PATH,
  'POST /api/workspaces/{workspace_id}/phone-numbers: body: "PhoneNumberCreate" is none': WORKSPACE_OF_THE_PATH,
  'POST /api/workspaces/{workspace_id}/campaigns: body: "CampaignCreate" is none': WORKSPACE_OF_THE_PATH,
  'POST /api/workspaces/{workspace_id}/phone-numbers/{phone_number_id}/sync: path phone_number_id: format: "uuid" is none':
    META_ID_TOO,
  'POST /api/workspaces/{workspace_id}/phone-numbers/{phone_number_id}/exchange-token: path phone_number_id: format: "uuid" is none':
    META_ID_TOO,
  'GET /api/workspaces/{workspace_id}/campaigns: query phone_number_id: format: "uuid" is none': META_ID_TOO,
  'CampaignCreate.phone_number_id: format: "uuid" is none': META_ID_TOO,
  'SendMediaMessageRequest.phone_number_id: format: "uuid" is none': META_ID_TOO,
  'SendTemplateMessageRequest.phone_number_id: format: "uuid" is none': META_ID_TOO,
  'SendTextMessageRequest.phone_number_id: format: "uuid" is none': META_ID_TOO,
  'SendTemplateMessageRequest.components: type: "object" is none': ARRAY_TOO,
  'TemplateCreate.phone_number_id: format: "uuid" is none': META_ID_TOO,
  'TemplateCreate.components: type: "object" is none': ARRAY_TOO,
  'TemplateUpdate.components: type: "object" is none': ARRAY_TOO,
  'TemplateResponse.components: type: "object" is none': ARRAY_TOO,
  'POST /webhook: no 422': 'anything with a good signature is taken, because Meta repeats what is refused for a week',
}

/** Operations that the API document does not have. */
const ADDED_OPERATIONS = [
  'POST /api/contacts/imports',
  'GET /api/contacts/imports',
  'GET /api/contacts/imports/{import_id}',
  'POST /api/contacts/imports/{import_id}/cancel',
  'GET /api/contacts/imports/{import_id}/result',
  'POST /api/auth/logout',
  'GET /api/auth/oauth/{provider}/start',
  'GET /api/auth/oauth/{provider}/callback',
  'GET /api/workspaces/{workspace_id}/usage',
  'POST /api/workspaces/{workspace_id}/rotate-api-key',
  'POST /api/workspaces/{workspace_id}/rotate-webhook-secret',
  'GET /api/workspaces/{workspace_id}/members/pending',
  'PATCH /api/workspaces/{workspace_id}/members/{member_id}',
  'DELETE /api/workspaces/{workspace_id}/members/{member_id}',
  // The second of two path styles.
  'POST /api/phone-numbers',
  'GET /api/workspaces/{workspace_id}/phone-numbers',
  'GET /api/workspaces/{workspace_id}/phone-numbers/{phone_number_id}',
  'PATCH /api/workspaces/{workspace_id}/phone-numbers/{phone_number_id}',
  'DELETE /api/workspaces/{workspace_id}/phone-numbers/{phone_number_id}',
  'POST /api/phone-numbers/{phone_number_id}/sync',
  'POST /api/phone-numbers/{phone_number_id}/exchange-token',
  'POST /api/workspaces/{workspace_id}/campaigns/{campaign_id}/start',
  'POST /api/campaigns/{campaign_id}/execute',
  'POST /api/campaigns/{campaign_id}/cancel',
  'POST /api/campaigns/{campaign_id}/retry',
  'POST /api/campaigns/{campaign_id}/preview',
  'POST /api/workspaces/{workspace_id}/campaigns/{campaign_id}/preview',
  'POST /api/campaigns/{campaign_id}/preflight',
  'POST /api/workspaces/{workspace_id}/campaigns/{campaign_id}/preflight',
  'POST /api/campaigns/{campaign_id}/test',
  'POST /api/workspaces/{workspace_id}/campaigns/{campaign_id}/test',
  'POST /api/workspaces/{workspace_id}/campaigns/{campaign_id}/retry',
  'GET /api/campaigns/{campaign_id}/recipients',
  'GET /api/campaigns/{campaign_id}/report.csv',
  'GET /api/campaigns/{campaign_id}/report.xlsx',
  'GET /api/workspaces/{workspace_id}/campaigns/{campaign_id}/recipients',
  'GET /api/workspaces/{workspace_id}/campaigns/{campaign_id}/report.csv',
  'GET /api/workspaces/{workspace_id}/campaigns/{campaign_id}/report.xlsx',
  'POST /api/templates/sync',
  'GET /api/workspaces/{workspace_id}/messages',
  'GET /api/workspaces/{workspace_id}/messages/{message_id}',
  'GET /api/workspaces/{workspace_id}/conversations',
  'GET /api/workspaces/{workspace_id}/conversations/{conversation_id}',
  'GET /api/workspaces/{workspace_id}/conversations/{conversation_id}/messages',
  'POST /api/workspaces/{workspace_id}/conversations/{conversation_id}/read',
  'POST /api/workspaces/{workspace_id}/conversations/{conversation_id}/messages',
  'POST /api/workspaces/{workspace_id}/webhook-endpoints',
  'GET /api/workspaces/{workspace_id}/webhook-endpoints',
  'GET /api/workspaces/{workspace_id}/webhook-endpoints/{endpoint_id}',
  'PATCH /api/workspaces/{workspace_id}/webhook-endpoints/{endpoint_id}',
  'DELETE /api/workspaces/{workspace_id}/webhook-endpoints/{endpoint_id}',
  'POST /api/workspaces/{workspace_id}/webhook-endpoints/{endpoint_id}/test',
  'GET /api/workspaces/{workspace_id}/webhook-endpoints/{endpoint_id}/deliveries',
  'GET /api/workspaces/{workspace_id}/webhook-endpoints/{endpoint_id}/deliveries/{delivery_id}',
  'POST /api/workspaces/{workspace_id}/webhook-endpoints/{endpoint_id}/deliveries/{delivery_id}/redeliver',
  'GET /api/contacts/{contact_id}/consents',
  'POST /api/contacts/{contact_id}/tags',
  'DELETE /api/contacts/{contact_id}/tags',
  'GET /api/contacts/tags',
  'GET /api/contacts/{contact_id}/export',
  'POST /api/contacts/{contact_id}/erase',
  'POST /api/contacts/erase',
  'POST /api/contacts/bulk',
  'POST /api/contacts/bulk/preview',
  'GET /api/contacts/bulk/{job_id}',
  'POST /api/segments',
  'GET /api/segments',
  'GET /api/segments/{segment_id}',
  'PATCH /api/segments/{segment_id}',
  'DELETE /api/segments/{segment_id}',
  'GET /api/contacts/export.csv',
  'GET /api/contacts/export.xlsx',
  'GET /api/health',
  'GET /api/ready',
  'GET /openapi.json',
  'GET /docs',
  'GET /docs/{asset}',
]

/** Schemas that the API document does not have. */
const ADDED_SCHEMAS = [
  'ImportJobListResponse',
  'ImportJobResponse',
  'Audience',
  'CampaignPreflight',
  'CampaignPreview',
  'CampaignPreviewRequest',
  'CampaignRecipient',
  'CampaignRecipientList',
  'CampaignRetry',
  'CampaignRetryResponse',
  'CampaignTestRequest',
  'ConsentEntry',
  'ContactBulkJob',
  'ContactBulkPreview',
  'ContactBulkPreviewRequest',
  'ContactBulkRequest',
  'ContactErasure',
  'ContactErasureRequest',
  'ContactFilter',
  'SegmentCreate',
  'SegmentListResponse',
  'SegmentResponse',
  'SegmentUpdate',
  'ConsentListResponse',
  'ContactTags',
  'TagListResponse',
  'ConversationListResponse',
  'ConversationMessagesResponse',
  'ConversationResponse',
  'MessageDetail',
  'MessageListResponse',
  'QuotaUse',
  'ReplyRequest',
  'RequestLimit',
  'UsageResponse',
  'MeResponse',
  'SessionRequest',
  'TemplateSync',
  'TemplateSyncResponse',
  'EventType',
  'WebhookDelivery',
  'WebhookDeliveryDetails',
  'WebhookDeliveryList',
  'WebhookDeliveryStatus',
  'WebhookEndpointCreate',
  'WebhookEndpointList',
  'WebhookEndpointResponse',
  'WebhookEndpointUpdate',
  'WorkspaceMemberUpdate',
  'HealthResponse',
  'ReadyResponse',
]

let world: World
let registered: string[]
beforeAll(async () => {
  world = await aWorld()
  Object.assign(process.env, world.env)
  await loadApp({ entry: 'functions/index.ts', root: fileURLToPath(new URL('../..', import.meta.url)) })
  registered = functionsInNameOrder()
    .filter(({ trigger, metadata }) => trigger.type === 'httpTrigger' && metadata.name !== FALLBACK_NAME)
    .map((fn) => `${methodsOf(fn).join()} /${routeOf(fn)}`)
})
afterAll(() => world.close())

describe('the API document', () => {
  it('is kept: every operation, parameter and field of it is here as it says, but for the decided deviations', () => {
    const broken = brokenPromises(inventory, document)
    expect(broken.filter((text) => !(text in DEVIATIONS))).toEqual([])
    expect(Object.keys(DEVIATIONS).filter((text) => !broken.includes(text))).toEqual([])
  })

  it('is enough to write a client: nothing is required that it does not require', () => {
    expect(newRequirements(inventory, document)).toEqual([])
  })

  it('is added to only on purpose', () => {
    const added = additions(inventory, document)
    expect(added.operations.sort()).toEqual([...ADDED_OPERATIONS].sort())
    expect(added.schemas.sort()).toEqual([...ADDED_SCHEMAS].sort())
  })
})

describe('the OpenAPI document', () => {
  it('has every registered function and no other', () => {
    const described = operationsOf(document).map(({ place }) => place)
    expect(described.sort()).toEqual(registered.sort())
  })
})

describe('the inventory', () => {
  it('is of the whole API document', () => {
    expect(inventory.operations.length).toBe(56)
    expect(Object.keys(inventory.schemas).length).toBe(46)
  })
})
