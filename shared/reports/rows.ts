/** What a report is made of: rows, some at a time. */
export type Cell = string | number | null
export type Rows = AsyncGenerator<Cell[][], void, undefined>

export const FILE_TYPES = {
  csv: 'text/csv; charset=utf-8',
  xlsx: 'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
} as const
export type FileKind = keyof typeof FILE_TYPES

/** The same rows, the first of them read already: what cannot be read is an error and no broken file. */
export async function begun(rows: Rows): Promise<Rows> {
  const first = await rows.next()
  return (async function* () {
    if (first.done) return
    yield first.value
    yield* rows
  })()
}
