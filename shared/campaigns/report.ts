/**
 * All recipients of a campaign as a file, written while it is read: some pages of the ledger are in memory at a time,
 * however many there are.
 */
import type { Deps } from '../deps.ts'
import { campaignMonth, type WorkspaceId } from '../ids.ts'
import { recipientsOfPage, withNames, type LedgerOf } from '../recipients/list.ts'
import { csvFile } from '../reports/csv.ts'
import { begun, type Cell, type FileKind, type Rows } from '../reports/rows.ts'
import { xlsxFile } from '../reports/xlsx.ts'
import { ledgerOf, recipientResponse, type RecipientResponse } from './recipients.ts'
import { campaignStore } from './store.ts'

/** Pages read ahead of the one that is being written. */
const PAGES_AHEAD = 4

export interface Report {
  /** What the campaign is called. */
  name: string
  content: AsyncIterable<Uint8Array>
}

const COLUMNS = [
  'message_id',
  'contact_id',
  'name',
  'to_number',
  'status',
  'wa_message_id',
  'sent_at',
  'delivered_at',
  'read_at',
  'failed_at',
  'error_code',
  'error_reason',
  'error_title',
  'error_hint',
  'tries',
  'replied_at',
  'price_category',
  'price_type',
] as const

/** Its first rows are read before it returns, so that what cannot be read is an error and no broken file. */
export async function campaignReport(
  deps: Pick<Deps, 'containers' | 'factsTable'>,
  workspaceId: WorkspaceId,
  campaignId: string,
  kind: FileKind,
): Promise<Report> {
  const { value: campaign } = await campaignStore(deps).get(workspaceId, campaignId)
  const rows = await begun(rowsOf(deps, await ledgerOf(deps, campaign)))
  const content = kind === 'csv' ? csvFile(COLUMNS, rows) : xlsxFile(COLUMNS, rows)
  return { name: campaign.name, content }
}

/** The rows of one page after the other. */
async function* rowsOf(deps: Pick<Deps, 'containers' | 'factsTable'>, ledger: LedgerOf): Rows {
  const table = await deps.factsTable(campaignMonth(ledger.campaignId))
  const read = async (page: number): Promise<Cell[][]> => {
    const recipients = (await recipientsOfPage(deps, table, ledger, page)).map((known) => ({ ...known, page }))
    const named = await withNames(deps, ledger.workspaceId, recipients)
    return named.map((recipient) => cellsOf(recipientResponse(ledger.campaignId, recipient)))
  }
  const ahead: Promise<Cell[][]>[] = []
  for (let page = 0; page < ledger.pages + PAGES_AHEAD; page++) {
    if (page < ledger.pages) {
      const reading = read(page)
      // Thrown when its turn comes; until then nobody has heard of it.
      reading.catch(() => undefined)
      ahead.push(reading)
    }
    const first = page >= PAGES_AHEAD ? ahead.shift() : undefined
    if (first) yield await first
  }
  for (const reading of ahead) yield await reading
}

function cellsOf({ error, price, ...recipient }: RecipientResponse): Cell[] {
  const flat: Partial<Record<(typeof COLUMNS)[number], Cell>> = {
    ...recipient,
    error_code: error === null || error.code === 0 ? null : error.code,
    error_reason: error?.reason ?? null,
    error_title: error?.title ?? null,
    error_hint: error?.hint ?? null,
    ...(price ? { price_category: price.category, price_type: price.type } : {}),
  }
  return COLUMNS.map((column) => flat[column] ?? null)
}
