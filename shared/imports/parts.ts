/**
 * A file's rows in parts, as blobs: what a worker takes at a time. Each row has been judged, and knows whether an earlier
 * row of the whole file has its number, so that no part needs to know another.
 */
import { newUuid, type WorkspaceId } from '../ids.ts'
import type { Import } from './schema.ts'

export const IMPORTS = 'imports'

/** Some seconds of writing: what a cancel has to wait for, and what a killed worker leaves to be done again. */
const ROWS_PER_PART = 2000
const CHARACTERS_PER_PART = 2 * 1024 * 1024

export interface StagedRow {
  row: number
  cells: string[]
  /** The person's WhatsApp id; absent where the row cannot be a contact, for `problem`. */
  wa_id?: string
  problem?: string
  /** The first row with the same number, where this is a later one. */
  first?: number
}

export interface Part {
  header: string[]
  rows: StagedRow[]
}

type Place = Pick<Import, 'workspace_id' | 'id'>

/** A new name for an upload, whose import has no id before it has come whole. */
export function newFileBlob(workspaceId: WorkspaceId): string {
  return `${workspaceId}/uploads/${newUuid()}`
}

export function partBlob(job: Place, part: number): string {
  return `${folder(job)}/parts/${padded(part)}`
}

export function rejectedBlob(job: Place, part: number): string {
  return `${rejectedBlobs(job)}${padded(part)}`
}

/** What the names of all of them begin with. */
export function rejectedBlobs(job: Place): string {
  return `${folder(job)}/rejected/`
}

function folder({ workspace_id, id }: Place): string {
  return `${workspace_id}/${id}`
}

function padded(part: number): string {
  return String(part).padStart(6, '0')
}

export function encodedPart(part: Part): Buffer {
  return Buffer.from(JSON.stringify(part))
}

export function decodedPart(bytes: Buffer): Part {
  // Written by `encodedPart`, into a container that only Herald writes to.
  return JSON.parse(bytes.toString('utf8')) as Part
}

/** Cuts rows into parts, each within a number of rows and of characters. */
export function partCutter(header: string[]) {
  let rows: StagedRow[] = []
  let characters = 0
  const taken = (): Part => {
    const part = { header, rows }
    rows = []
    characters = 0
    return part
  }
  return {
    /** A part, where the row fills one. */
    add(row: StagedRow): Part | undefined {
      rows.push(row)
      for (const cell of row.cells) characters += cell.length
      return rows.length >= ROWS_PER_PART || characters >= CHARACTERS_PER_PART ? taken() : undefined
    },
    end: (): Part | undefined => (rows.length === 0 ? undefined : taken()),
  }
}
