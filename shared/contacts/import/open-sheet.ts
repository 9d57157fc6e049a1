/** Opens an uploaded file, whatever its name says it is. */
import { fileKind, type UploadedFile } from './file-kind.ts'
import type { Sheet } from './sheet.ts'

/**
 * Reads all of the file once, so that one that is too large or broken somewhere is refused before anything is stored.
 * The readers are loaded here, because they would slow every cold start down for a rare request.
 */
export async function openSheet(file: UploadedFile): Promise<Sheet> {
  const kind = fileKind(file)
  if (kind.kind === 'text') {
    const { openCsv } = await import('./csv.ts')
    return openCsv(file.bytes, kind)
  }
  const { openWorkbook } = await import('./workbook.ts')
  return openWorkbook(file.bytes, kind.kind)
}
