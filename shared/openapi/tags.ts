/** The groups of operations, in the order of the document, by what their path is about. */

export const TAGS = [
  { name: 'Authentication', description: 'Sign up, sign in and stay signed in' },
  { name: 'Workspaces', description: 'A workspace owns everything else; people are its members' },
  { name: 'Phone Numbers', description: 'The WhatsApp numbers of a workspace' },
  { name: 'Templates', description: 'Messages that Meta has approved, or is asked to' },
  { name: 'Contacts', description: 'Whom a workspace writes to, and who agreed to it' },
  { name: 'Campaigns', description: 'One template to many contacts' },
  { name: 'Messages', description: 'Single messages and conversations' },
  { name: 'Media', description: 'Files to send, and files received' },
  { name: 'Webhooks', description: 'What Meta calls' },
  { name: 'Webhook Endpoints', description: 'Addresses of your own that are told what happens' },
  { name: 'Health', description: 'For whoever watches over Herald' },
  { name: 'Documentation', description: 'This document, and a page to read and try it' },
] as const

export type TagName = (typeof TAGS)[number]['name']

const BY_NOUN: Record<string, TagName> = {
  auth: 'Authentication',
  workspaces: 'Workspaces',
  'phone-numbers': 'Phone Numbers',
  templates: 'Templates',
  contacts: 'Contacts',
  segments: 'Contacts',
  campaigns: 'Campaigns',
  messages: 'Messages',
  conversations: 'Messages',
  media: 'Media',
  webhook: 'Webhooks',
  'webhook-endpoints': 'Webhook Endpoints',
  health: 'Health',
  ready: 'Health',
  docs: 'Documentation',
  'openapi.json': 'Documentation',
}

/** By the last noun of the path that has a group: `api/workspaces/{workspace_id}/campaigns` is about campaigns. */
export function tagOf(path: string): TagName {
  const tag = path
    .split('/')
    .map((part) => BY_NOUN[part])
    .findLast((found) => found !== undefined)
  if (tag === undefined) throw new Error(`Say in shared/openapi/tags.ts which group ${path} belongs to`)
  return tag
}
