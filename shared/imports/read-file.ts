/**
 * Reads an uploaded file from its beginning to its end, judges each row, and cuts the rows into parts. Nothing is imported
 * before all of it was read: a file that is broken or too large somewhere leaves nothing behind. Reading it again makes the
 * same parts.
 */
import type { Deps } from '../deps.ts'
import { csvRows, emptyFile } from '../contacts/import/csv.ts'
import { damageIn } from '../contacts/import/damage.ts'
import { fileKind } from '../contacts/import/file-kind.ts'
import { noRows } from '../contacts/import/refusal.ts'
import { rowJudge } from '../contacts/import/row.ts'
import type { Sheet, SheetRow } from '../contacts/import/sheet.ts'
import { piecesOf } from '../contacts/import/text.ts'
import { openWorkbook } from '../contacts/import/workbook.ts'
import { personKey } from '../contacts/person.ts'
import { countryOf } from '../contacts/phone.ts'
import { firstRows } from './first-rows.ts'
import { MAX_ROWS, tooManyRows } from './limits.ts'
import { encodedPart, IMPORTS, partBlob, partCutter, type Part, type StagedRow } from './parts.ts'
import type { Import } from './schema.ts'

type ReadDeps = Pick<Deps, 'blobs'>

export interface ReadFile {
  rows: number
  parts: number
}

/** Throws what the API would answer where the file cannot be imported. `onPart` hears of the rows read so far. */
export async function readFile(
  deps: ReadDeps,
  job: Import,
  onPart: (rows: number) => Promise<void>,
  maxRows = MAX_ROWS,
): Promise<ReadFile> {
  const file = await opened(deps, job)
  const keeper = partKeeper(deps, job)
  try {
    const staged = rowStager(file, job)
    const cutter = partCutter(file.header)
    let rows = 0
    for await (const row of file.rows) {
      if (++rows > maxRows) throw tooManyRows()
      const part = cutter.add(staged(row))
      if (!part) continue
      await keeper.keep(part)
      await onPart(rows)
    }
    const last = cutter.end()
    if (last) await keeper.keep(last)
    if (rows === 0) throw noRows()
    return { rows, parts: await keeper.end() }
  } finally {
    await file.close()
  }
}

interface OpenedFile extends Pick<Sheet, 'header' | 'damageIn' | 'close'> {
  rows: AsyncIterable<SheetRow>
}

async function opened({ blobs }: ReadDeps, job: Import): Promise<OpenedFile> {
  const { format } = job
  if (format.kind === 'workbook') return openedWorkbook(await blobs.get(IMPORTS, job.blob), job)
  const chunks = () => blobs.read(IMPORTS, job.blob)
  const rows = (await csvRows(() => piecesOf(chunks(), format.encoding)))()
  const first = await rows.next()
  if (first.done) throw emptyFile()
  return {
    header: first.value.cells,
    rows,
    damageIn: damageIn(format),
    async close() {
      await rows.return(undefined)
    },
  }
}

async function openedWorkbook(bytes: Buffer, { file_name }: Import): Promise<OpenedFile> {
  const { kind } = fileKind({ name: file_name, bytes })
  if (kind === 'text') throw new Error('A workbook became a text between upload and reading')
  const sheet = await openWorkbook(bytes, kind, MAX_ROWS)
  return { ...sheet, rows: sheet.rows() }
}

function rowStager(file: OpenedFile, { options }: Import): (row: SheetRow) => StagedRow {
  const { judge } = rowJudge(file, options.other_columns, countryOf(options.country ?? ''))
  const firsts = firstRows()
  return ({ rowNumber, cells }) => {
    const judged = judge(cells)
    if (!judged.ok) return { row: rowNumber, cells, problem: judged.problem }
    const first = firsts.take(personKey(judged.phone.waId), rowNumber)
    return { row: rowNumber, cells, wa_id: judged.phone.waId, ...(first === undefined ? {} : { first }) }
  }
}

/** While one part is kept the next is read, and never more than that. */
function partKeeper({ blobs }: ReadDeps, job: Import) {
  let parts = 0
  let keeping: Promise<void> = Promise.resolve()
  return {
    async keep(part: Part): Promise<void> {
      await keeping
      keeping = blobs.put(IMPORTS, partBlob(job, parts++), encodedPart(part), 'application/json')
      // A failure is thrown by whoever awaits `keeping` next; until then it must not count as unhandled.
      keeping.catch(() => undefined)
    },
    /** How many there are. */
    async end(): Promise<number> {
      await keeping
      return parts
    },
  }
}
