/** All endpoints, by noun. The routing table, the 405 answers and the API document are made from this list. */
import type { Endpoint } from '../shared/http/endpoint.ts'
import { meEndpoint } from './accounts/me.ts'
import { oauthCallbackEndpoint } from './accounts/oauth-callback.ts'
import { oauthStartEndpoint } from './accounts/oauth-start.ts'
import { refreshEndpoint } from './accounts/refresh.ts'
import { signInEndpoint } from './accounts/sign-in.ts'
import { signOutEndpoint } from './accounts/sign-out.ts'
import { signUpEndpoint } from './accounts/sign-up.ts'
import { campaignActionEndpoints } from './campaigns/act.ts'
import { createCampaignEndpoint, createWorkspaceCampaignEndpoint } from './campaigns/create.ts'
import { deleteCampaignEndpoint, deleteWorkspaceCampaignEndpoint } from './campaigns/delete.ts'
import { listCampaignsEndpoint, listWorkspaceCampaignsEndpoint } from './campaigns/list.ts'
import { campaignRecipientsEndpoint, workspaceCampaignRecipientsEndpoint } from './campaigns/recipients.ts'
import { campaignReportEndpoints } from './campaigns/report.ts'
import { retryCampaignEndpoint, retryWorkspaceCampaignEndpoint } from './campaigns/retry.ts'
import { preflightCampaignEndpoint, preflightWorkspaceCampaignEndpoint } from './campaigns/preflight.ts'
import { previewCampaignEndpoint, previewWorkspaceCampaignEndpoint } from './campaigns/preview.ts'
import { testCampaignEndpoint, testWorkspaceCampaignEndpoint } from './campaigns/test.ts'
import { updateCampaignEndpoint, updateWorkspaceCampaignEndpoint } from './campaigns/update.ts'
import { bulkEndpoint, bulkPreviewEndpoint, bulkProgressEndpoint } from './contacts/bulk.ts'
import { contactConsentsEndpoint } from './contacts/consents.ts'
import { contactExportEndpoints } from './contacts/export.ts'
import { createContactEndpoint } from './contacts/create.ts'
import { deleteContactEndpoint } from './contacts/delete.ts'
import { getContactEndpoint } from './contacts/get.ts'
import { importContactsEndpoint } from './contacts/import.ts'
import { listContactsEndpoint } from './contacts/list.ts'
import { addTagsEndpoint, countTagsEndpoint, removeTagEndpoint } from './contacts/tags.ts'
import { eraseContactEndpoint, eraseNumberEndpoint, personExportEndpoint } from './contacts/person.ts'
import { updateContactEndpoint } from './contacts/update.ts'
import { getConversationEndpoint } from './conversations/get.ts'
import { listConversationsEndpoint } from './conversations/list.ts'
import { conversationMessagesEndpoint } from './conversations/messages.ts'
import { readConversationEndpoint } from './conversations/read.ts'
import { replyEndpoint } from './conversations/reply.ts'
import { openapiEndpoint } from './docs/openapi.ts'
import { docsAssetEndpoint, docsEndpoint } from './docs/page.ts'
import { healthEndpoint } from './health/health.ts'
import { readyEndpoint } from './health/ready.ts'
import { cancelImportEndpoint } from './imports/cancel.ts'
import { createImportEndpoint } from './imports/create.ts'
import { getImportEndpoint } from './imports/get.ts'
import { listImportsEndpoint } from './imports/list.ts'
import { importResultEndpoint } from './imports/result.ts'
import { addMemberEndpoint } from './members/add.ts'
import { listMembersEndpoint, listPendingMembersEndpoint } from './members/list.ts'
import { removeMemberEndpoint } from './members/remove.ts'
import { updateMemberEndpoint } from './members/update.ts'
import { deleteMediaEndpoint } from './media/delete.ts'
import { downloadMediaEndpoint } from './media/download.ts'
import { getMediaEndpoint } from './media/get.ts'
import { listMediaEndpoint } from './media/list.ts'
import { uploadMediaEndpoint } from './media/upload.ts'
import { mediaUrlEndpoint } from './media/url.ts'
import { getMessageEndpoint } from './messages/get.ts'
import { listMessagesEndpoint } from './messages/list.ts'
import { sendMediaEndpoint } from './messages/send-media.ts'
import { sendTemplateEndpoint } from './messages/send-template.ts'
import { sendTextEndpoint } from './messages/send-text.ts'
import { messageStatusEndpoint } from './messages/status.ts'
import { createPhoneNumberEndpoint, createWorkspacePhoneNumberEndpoint } from './phone-numbers/create.ts'
import { deletePhoneNumberEndpoint, deleteWorkspacePhoneNumberEndpoint } from './phone-numbers/delete.ts'
import { exchangeTokenEndpoint, exchangeWorkspaceTokenEndpoint } from './phone-numbers/exchange-token.ts'
import { getPhoneNumberEndpoint, getWorkspacePhoneNumberEndpoint } from './phone-numbers/get.ts'
import { listPhoneNumbersEndpoint, listWorkspacePhoneNumbersEndpoint } from './phone-numbers/list.ts'
import { syncPhoneNumberEndpoint, syncWorkspacePhoneNumberEndpoint } from './phone-numbers/sync.ts'
import { updatePhoneNumberEndpoint, updateWorkspacePhoneNumberEndpoint } from './phone-numbers/update.ts'
import {
  createSegmentEndpoint,
  deleteSegmentEndpoint,
  getSegmentEndpoint,
  listSegmentsEndpoint,
  updateSegmentEndpoint,
} from './segments/segments.ts'
import { createTemplateEndpoint } from './templates/create.ts'
import { deleteTemplateEndpoint } from './templates/delete.ts'
import { getTemplateEndpoint } from './templates/get.ts'
import { listTemplatesEndpoint } from './templates/list.ts'
import { syncTemplatesEndpoint } from './templates/sync.ts'
import { updateTemplateEndpoint } from './templates/update.ts'
import { createWebhookEndpointEndpoint } from './webhook-endpoints/create.ts'
import { deleteWebhookEndpointEndpoint } from './webhook-endpoints/delete.ts'
import { getDeliveryEndpoint, listDeliveriesEndpoint, redeliverEndpoint } from './webhook-endpoints/deliveries.ts'
import { getWebhookEndpointEndpoint, listWebhookEndpointsEndpoint } from './webhook-endpoints/list.ts'
import { testWebhookEndpointEndpoint } from './webhook-endpoints/test.ts'
import { updateWebhookEndpointEndpoint } from './webhook-endpoints/update.ts'
import { receiveWebhookEndpoint } from './webhooks/receive.ts'
import { verifyWebhookEndpoint } from './webhooks/verify.ts'
import { createWorkspaceEndpoint } from './workspaces/create.ts'
import { deleteWorkspaceEndpoint } from './workspaces/delete.ts'
import { getWorkspaceEndpoint } from './workspaces/get.ts'
import { listWorkspacesEndpoint } from './workspaces/list.ts'
import { rotateApiKeyEndpoint, rotateWebhookSecretEndpoint } from './workspaces/rotate.ts'
import { updateWorkspaceEndpoint } from './workspaces/update.ts'
import { workspaceUsageEndpoint } from './workspaces/usage.ts'

export const ENDPOINTS: readonly Endpoint[] = [
  signUpEndpoint,
  signInEndpoint,
  refreshEndpoint,
  signOutEndpoint,
  oauthStartEndpoint,
  oauthCallbackEndpoint,
  meEndpoint,
  createWorkspaceEndpoint,
  listWorkspacesEndpoint,
  getWorkspaceEndpoint,
  workspaceUsageEndpoint,
  updateWorkspaceEndpoint,
  deleteWorkspaceEndpoint,
  rotateApiKeyEndpoint,
  rotateWebhookSecretEndpoint,
  listMembersEndpoint,
  listPendingMembersEndpoint,
  addMemberEndpoint,
  updateMemberEndpoint,
  removeMemberEndpoint,
  createPhoneNumberEndpoint,
  createWorkspacePhoneNumberEndpoint,
  listPhoneNumbersEndpoint,
  listWorkspacePhoneNumbersEndpoint,
  getPhoneNumberEndpoint,
  getWorkspacePhoneNumberEndpoint,
  updatePhoneNumberEndpoint,
  updateWorkspacePhoneNumberEndpoint,
  deletePhoneNumberEndpoint,
  deleteWorkspacePhoneNumberEndpoint,
  syncPhoneNumberEndpoint,
  syncWorkspacePhoneNumberEndpoint,
  exchangeTokenEndpoint,
  exchangeWorkspaceTokenEndpoint,
  createTemplateEndpoint,
  listTemplatesEndpoint,
  getTemplateEndpoint,
  updateTemplateEndpoint,
  deleteTemplateEndpoint,
  syncTemplatesEndpoint,
  createContactEndpoint,
  listContactsEndpoint,
  getContactEndpoint,
  updateContactEndpoint,
  deleteContactEndpoint,
  importContactsEndpoint,
  contactConsentsEndpoint,
  addTagsEndpoint,
  removeTagEndpoint,
  countTagsEndpoint,
  ...contactExportEndpoints,
  personExportEndpoint,
  eraseContactEndpoint,
  eraseNumberEndpoint,
  createImportEndpoint,
  listImportsEndpoint,
  getImportEndpoint,
  cancelImportEndpoint,
  importResultEndpoint,
  bulkEndpoint,
  bulkPreviewEndpoint,
  bulkProgressEndpoint,
  createSegmentEndpoint,
  listSegmentsEndpoint,
  getSegmentEndpoint,
  updateSegmentEndpoint,
  deleteSegmentEndpoint,
  sendTextEndpoint,
  sendTemplateEndpoint,
  sendMediaEndpoint,
  messageStatusEndpoint,
  listMessagesEndpoint,
  getMessageEndpoint,
  listConversationsEndpoint,
  getConversationEndpoint,
  conversationMessagesEndpoint,
  readConversationEndpoint,
  replyEndpoint,
  createCampaignEndpoint,
  createWorkspaceCampaignEndpoint,
  listCampaignsEndpoint,
  listWorkspaceCampaignsEndpoint,
  updateCampaignEndpoint,
  updateWorkspaceCampaignEndpoint,
  deleteCampaignEndpoint,
  deleteWorkspaceCampaignEndpoint,
  ...campaignActionEndpoints,
  previewCampaignEndpoint,
  previewWorkspaceCampaignEndpoint,
  preflightCampaignEndpoint,
  preflightWorkspaceCampaignEndpoint,
  testCampaignEndpoint,
  testWorkspaceCampaignEndpoint,
  retryCampaignEndpoint,
  retryWorkspaceCampaignEndpoint,
  campaignRecipientsEndpoint,
  workspaceCampaignRecipientsEndpoint,
  ...campaignReportEndpoints,
  uploadMediaEndpoint,
  listMediaEndpoint,
  getMediaEndpoint,
  deleteMediaEndpoint,
  downloadMediaEndpoint,
  mediaUrlEndpoint,
  createWebhookEndpointEndpoint,
  listWebhookEndpointsEndpoint,
  getWebhookEndpointEndpoint,
  updateWebhookEndpointEndpoint,
  deleteWebhookEndpointEndpoint,
  testWebhookEndpointEndpoint,
  listDeliveriesEndpoint,
  getDeliveryEndpoint,
  redeliverEndpoint,
  verifyWebhookEndpoint,
  receiveWebhookEndpoint,
  healthEndpoint,
  readyEndpoint,
  openapiEndpoint(() => ENDPOINTS),
  docsEndpoint,
  docsAssetEndpoint,
]
