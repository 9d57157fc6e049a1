/** Looks at what is stored, past every host. */
import { Campaign } from '../../shared/campaigns/schema.ts'
import { fromCells } from '../../shared/recipients/fact-cells.ts'
import { emptyRow, type FactRow } from '../../shared/recipients/fact-row.ts'
import { factKey, factPartition } from '../../shared/recipients/fact-writer.ts'
import { Page, pageId } from '../../shared/recipients/page.ts'
import { pagePartition } from '../../shared/recipients/page-store.ts'
import { partitionText } from '../../local/cosmos-emulator/store/keys.ts'
import type { SimulatedWorld } from './world.ts'

export function campaignDocument({ documents, workspaceId }: SimulatedWorld, campaignId: string): Campaign {
  const item = documents.containers.core.items.find(partitionText([workspaceId]), campaignId)
  return Campaign.parse(JSON.parse(item?.body ?? 'null'))
}

export function pagesOf({ documents, workspaceId }: SimulatedWorld, campaignId: string): Page[] {
  const partition = partitionText([pagePartition(workspaceId, campaignId)])
  const pages: Page[] = []
  for (;;) {
    const item = documents.containers.pages.items.find(partition, pageId(pages.length))
    if (!item) return pages
    pages.push(Page.parse(JSON.parse(item.body)))
  }
}

export function factsOfPage({ facts, workspaceId }: SimulatedWorld, campaignId: string, page: number): FactRow {
  const row = facts.rows.get(`${factPartition(workspaceId, campaignId)} ${factKey(page)}`)
  return row ? fromCells(row.cells) : emptyRow()
}
