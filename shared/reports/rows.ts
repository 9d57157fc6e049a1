/** What a report is made of: rows, some at a time. */
export type Cell = string | number | null
export type Rows = AsyncGenerator<Cell[][], void, undefined>
