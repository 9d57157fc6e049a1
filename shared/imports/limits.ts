/** What an import takes. The numbers stand in the API document and in docs/contacts.md. */
import { BLOB_RETENTION_DAYS } from '../azure/resources.ts'
import { AppError } from '../errors.ts'

const MB = 1024 * 1024

export const MAX_FILE_BYTES = 100 * MB
/** Boundaries, headers and other fields around the file. */
export const MAX_FORM_BYTES = MAX_FILE_BYTES + MB / 4
/** A workbook is read whole, in a thread whose memory is limited: what unpacks to more than 96 MB is refused too. */
export const MAX_WORKBOOK_BYTES = 25 * MB
export const MAX_ROWS = 1_000_000

/** Uploads, parts and results are deleted then, by the storage account. */
export const KEPT_DAYS = BLOB_RETENTION_DAYS.imports

export function fileTooLarge(): AppError {
  return new AppError('import_too_large', `The file is larger than ${MAX_FILE_BYTES / MB} MB: ${SPLIT}`)
}

export function workbookTooLarge(): AppError {
  return new AppError(
    'import_too_large',
    `The workbook is larger than ${MAX_WORKBOOK_BYTES / MB} MB: save the sheet with the contacts as CSV and upload that`,
  )
}

export function tooManyRows(): AppError {
  return new AppError('import_too_large', `The file has more than ${MAX_ROWS.toLocaleString('en')} rows: ${SPLIT}`)
}

const SPLIT = 'split it into several files and import each. Nothing was imported'
