/** POST and DELETE /api/contacts/{contact_id}/tags, GET /api/contacts/tags */
import { ContactPath, ContactResponse, contactResponse } from '../../shared/contacts/api.ts'
import { TagListQuery, TagListResponse, TagQuery, TagsGiven } from '../../shared/contacts/people-api.ts'
import { changeTags } from '../../shared/contacts/tag.ts'
import { countTags } from '../../shared/contacts/tags.ts'
import { endpoint } from '../../shared/http/endpoint.ts'

const ONE_CONTACT = {
  path: 'api/contacts/{contact_id}/tags',
  allow: 'member',
  entity: { param: 'contact_id', notFound: 'contact_not_found' },
  params: ContactPath,
  responses: { 200: ContactResponse },
} as const

export const addTagsEndpoint = endpoint({
  ...ONE_CONTACT,
  name: 'contacts-add-tags',
  summary: 'Add tags to a contact',
  description:
    'Those it has stay, also what somebody else adds at the same time. A tag it has already changes nothing.',
  method: 'POST',
  body: TagsGiven,
  async handle({ workspaceId, params, body }, deps) {
    const contact = await changeTags(deps, workspaceId, params.contact_id, { add: body.tags })
    return { status: 200, body: contactResponse(contact) }
  },
})

export const removeTagEndpoint = endpoint({
  ...ONE_CONTACT,
  name: 'contacts-remove-tag',
  summary: 'Take one tag away from a contact',
  description: 'The others stay. A tag it does not have changes nothing.',
  method: 'DELETE',
  query: TagQuery,
  async handle({ workspaceId, params, query }, deps) {
    const contact = await changeTags(deps, workspaceId, params.contact_id, { remove: [query.tag] })
    return { status: 200, body: contactResponse(contact) }
  },
})

// Its name sorts before that of GET /api/contacts/{contact_id}, which the host would take it for.
export const countTagsEndpoint = endpoint({
  name: 'contacts-count-tags',
  summary: 'The tags of a workspace’s contacts, each with how many have it',
  description: 'Tags that differ in letter case only are one, shown as most contacts have it.',
  method: 'GET',
  path: 'api/contacts/tags',
  allow: 'member',
  query: TagListQuery,
  responses: { 200: TagListResponse },
  async handle({ workspaceId }, deps) {
    const { tags, total } = await countTags(deps, workspaceId)
    return { status: 200, body: { data: tags, total } }
  },
})
