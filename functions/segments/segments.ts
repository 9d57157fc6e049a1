/** POST and GET /api/segments; GET, PATCH and DELETE /api/segments/{segment_id} */
import { endpoint } from '../../shared/http/endpoint.ts'
import { listBody, toPage } from '../../shared/http/paging.ts'
import {
  SegmentCreate,
  SegmentListQuery,
  SegmentListResponse,
  SegmentPath,
  SegmentResponse,
  segmentResponse,
  SegmentUpdate,
} from '../../shared/segments/api.ts'
import { createSegment, deleteSegment, updateSegment } from '../../shared/segments/change.ts'
import { countedSegment, listSegments } from '../../shared/segments/find.ts'

const ONE = {
  path: 'api/segments/{segment_id}',
  allow: 'member',
  entity: { param: 'segment_id', notFound: 'segment_not_found' },
  params: SegmentPath,
} as const

export const createSegmentEndpoint = endpoint({
  name: 'segments-create',
  summary: 'Save a filter of contacts under a name',
  description: 'For `audience.segment` of campaigns. Whom it describes is looked up anew whenever it is used.',
  method: 'POST',
  path: 'api/segments',
  allow: 'member',
  idempotent: true,
  body: SegmentCreate,
  responses: { 201: SegmentResponse },
  errors: ['segment_not_found'],
  async handle({ workspaceId, body }, deps) {
    return { status: 201, body: segmentResponse(await createSegment(deps, workspaceId, body)) }
  },
})

export const listSegmentsEndpoint = endpoint({
  name: 'segments-list',
  summary: 'The segments of a workspace, newest first',
  method: 'GET',
  path: 'api/segments',
  allow: 'member',
  query: SegmentListQuery,
  responses: { 200: SegmentListResponse },
  async handle({ workspaceId, query }, deps) {
    const page = toPage(query)
    const listed = await listSegments(deps, workspaceId, page)
    return { status: 200, body: listBody(listed, page, (segment) => segmentResponse(segment)) }
  },
})

export const getSegmentEndpoint = endpoint({
  ...ONE,
  name: 'segments-get',
  summary: 'One segment, with how many contacts it describes now',
  method: 'GET',
  responses: { 200: SegmentResponse },
  async handle({ workspaceId, params }, deps) {
    const { segment, count } = await countedSegment(deps, workspaceId, params.segment_id)
    return { status: 200, body: segmentResponse(segment, count) }
  },
})

export const updateSegmentEndpoint = endpoint({
  ...ONE,
  name: 'segments-update',
  summary: 'Change the name or the filter of a segment',
  description: 'Campaigns that have started keep the filter as it was then; those that have not follow the change.',
  method: 'PATCH',
  body: SegmentUpdate,
  responses: { 200: SegmentResponse },
  async handle({ workspaceId, params, body }, deps) {
    return { status: 200, body: segmentResponse(await updateSegment(deps, workspaceId, params.segment_id, body)) }
  },
})

export const deleteSegmentEndpoint = endpoint({
  ...ONE,
  name: 'segments-delete',
  summary: 'Delete a segment; its contacts stay',
  description: 'Not while a campaign waits for its time with it (`segment_in_use`).',
  method: 'DELETE',
  responses: { 204: null },
  errors: ['segment_in_use'],
  async handle({ workspaceId, params }, deps) {
    await deleteSegment(deps, workspaceId, params.segment_id)
    return { status: 204 }
  },
})
