/** A file that cannot be imported at all: the message names what is wrong and what helps. */
import { AppError, fieldProblem, type ValidationError } from '../../errors.ts'

export function refusal(message: string): ValidationError {
  return fieldProblem(['body', 'file'], message)
}

/** What a file must keep below to be imported while the caller waits. */
export const MAX_FILE_BYTES = 10 * 1024 * 1024
export const MAX_ROWS = 50_000
export const MAX_COLUMNS = 1000

export function tooManyRows(): AppError {
  return new AppError(
    'import_too_large',
    `The file has more than ${MAX_ROWS.toLocaleString('en')} rows: send it to POST /api/contacts/imports, which takes larger files, or split it. Nothing was imported`,
  )
}

export function tooManyColumns(): ValidationError {
  return refusal(`The file has more than ${MAX_COLUMNS.toLocaleString('en')} columns: keep phone, name and tags`)
}

export function noRows(): ValidationError {
  return refusal('The file has a header and no rows below it: add a row for each contact')
}

export const SAVE_AS = 'Save your contacts as CSV or as an Excel workbook (.xlsx) and upload that file'
