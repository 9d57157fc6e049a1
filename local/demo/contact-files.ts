/** The contact files of a run: the shipped one, a given one, or generated ones within the limits of an import. */
import { readFileSync } from 'node:fs'
import { basename } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { ContactFile } from './import-contacts.ts'
import { CSV_HEADER, generateContacts } from './make-contacts.ts'
import type { DemoOptions } from './options.ts'

const SHIPPED = fileURLToPath(new URL('contacts.csv', import.meta.url))
/** An import takes 50,000 rows and 10 MB; a generated row has well below 200 bytes. */
const ROWS_PER_FILE = 50_000

export function* contactFiles({ contacts, recipients, seed }: DemoOptions): Iterable<ContactFile> {
  if (recipients === undefined) {
    const path = contacts ?? SHIPPED
    yield { name: basename(path), content: readFileSync(path) }
    return
  }
  let rows: string[] = []
  let number = 1
  for (const row of generateContacts(recipients, seed)) {
    rows.push(row)
    if (rows.length < ROWS_PER_FILE) continue
    yield generated(number++, rows)
    rows = []
  }
  if (rows.length > 0) yield generated(number, rows)
}

function generated(number: number, rows: string[]): ContactFile {
  return { name: `generated-${number}.csv`, content: Buffer.from(CSV_HEADER + rows.join('')) }
}
