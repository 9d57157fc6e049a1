/** GET /api/campaigns/{campaign_id}/report.csv and report.xlsx, and their twins in the workspace. */
import { campaignReport } from '../../shared/campaigns/report.ts'
import { attachment } from '../../shared/http/attachment.ts'
import type { Endpoint } from '../../shared/http/endpoint.ts'
import { FILE_TYPES, type FileKind } from '../../shared/reports/rows.ts'
import { onCampaign } from './both-paths.ts'

export const campaignReportEndpoints: readonly Endpoint[] = [
  ...reportEndpoints('csv', 'All recipients of a campaign as CSV'),
  ...reportEndpoints('xlsx', 'All recipients of a campaign as an Excel workbook'),
]

function reportEndpoints(kind: FileKind, summary: string): [Endpoint, Endpoint] {
  return onCampaign({
    name: `report-${kind}`,
    summary,
    description: 'Written while it is read: a connection that breaks off tells that the file is not whole.',
    method: 'GET',
    suffix: `/report.${kind}`,
    allow: 'member',
    document: { contentTypes: { 200: FILE_TYPES[kind] } },
    responses: { 200: null },
    async handle(deps, workspaceId, campaignId) {
      const { name, content } = await campaignReport(deps, workspaceId, campaignId, kind)
      const headers = { 'content-type': FILE_TYPES[kind], 'content-disposition': attachment(name, kind) }
      return { status: 200, stream: content, headers }
    },
  })
}
