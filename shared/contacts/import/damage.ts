/** Characters that were lost or garbled because their bytes are in another encoding: none is imported as if it were right. */
import { isAscii, isUtf8 } from 'node:buffer'
import { windows1252Bytes, type TextFormat } from './text.ts'

/** Why a cell is not what somebody wrote, if it is not. */
export type DamageIn = (cell: string) => string | undefined

export const DAMAGE =
  'Some characters are in another encoding than the rest of the file: correct them, or save the file as "CSV UTF-8", and import it again'

export function damageIn({ encoding, damaged }: TextFormat): DamageIn {
  if (!damaged) return noDamage
  const isDamaged = encoding === 'windows-1252' ? (cell: string) => isLossy(cell) || isUtf8AsWindows1252(cell) : isLossy
  return (cell) => (isDamaged(cell) ? DAMAGE : undefined)
}

/** Of a file without a bad byte, and of workbooks, which say what their texts are in. A � that was in it is its own. */
export const noDamage: DamageIn = () => undefined

/** Decoding puts this character where bytes mean none. */
function isLossy(cell: string): boolean {
  return cell.includes('\uFFFD')
}

/** A row of another file, as when two were joined. */
function isUtf8AsWindows1252(cell: string): boolean {
  const bytes = windows1252Bytes(cell)
  return !isAscii(bytes) && isUtf8(bytes)
}
