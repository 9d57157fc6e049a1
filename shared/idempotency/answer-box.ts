/** An answer as it is kept: compressed, sealed, and cut into what a cell of a table holds. */
import { createHmac } from 'node:crypto'
import { gunzipSync, gzipSync } from 'node:zlib'
import type { Cell } from '../azure/tables.ts'
import type { Config } from '../config.ts'
import { SETTING_KEY } from '../crypto/keyring.ts'
import { openBytes, sealBytes } from '../crypto/secret-box.ts'

export interface KeptAnswer {
  status: number
  headers: Record<string, string>
  body: unknown
}

const CELL_BYTES = 64 * 1024
/** A row has a megabyte. The answer to an import of 50,000 rows takes half of it. */
const MOST_CELLS = 15

/** `row`: what the box is bound to. `clientKey` is stored nowhere, and without it nothing opens. */
export function answerBox({ keyring }: Pick<Config, 'keyring'>, row: string, clientKey: string) {
  const derived = (key: Buffer) => createHmac('sha256', key).update(`idempotency:${clientKey}`).digest()
  const context = `idempotency:${row}`
  return {
    seal(answer: KeptAnswer): Record<string, Cell> {
      const { id, key } = keyring.current()
      const sealed = sealBytes(derived(key), gzipSync(JSON.stringify(answer)), context)
      const count = Math.ceil(sealed.length / CELL_BYTES)
      if (count > MOST_CELLS) throw new Error(`An answer of ${sealed.length} bytes cannot be kept`)
      const parts = Array.from({ length: count }, (_, index) =>
        sealed.subarray(index * CELL_BYTES).subarray(0, CELL_BYTES),
      )
      return { ...Object.fromEntries(parts.map((part, index) => [`answer${index}`, part])), sealedWith: id }
    },
    open(cells: Record<string, Cell>): KeptAnswer {
      const parts = Array.from({ length: MOST_CELLS }, (_, index) => cells[`answer${index}`])
      const sealed = Buffer.concat(parts.filter((part) => part instanceof Uint8Array))
      // Answers of before keys had ids name none.
      const key = derived(keyring.find(String(cells['sealedWith'] ?? SETTING_KEY)))
      // Only what `seal` was given opens.
      return JSON.parse(gunzipSync(openBytes(key, sealed, context)).toString('utf8')) as KeptAnswer
    },
  }
}
