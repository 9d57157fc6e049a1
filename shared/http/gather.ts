/**
 * A body in chunks worth handling. How small its chunks are is up to the sender: one byte each would cost a hundred
 * times their size in memory, and as many turns of whatever reads them.
 */

export const GATHERED_BYTES = 16 * 1024

/** The same bytes; no chunk but the last has less than `GATHERED_BYTES`. */
export async function* gathered(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array, void> {
  let held = new Uint8Array(GATHERED_BYTES)
  let size = 0
  for await (const chunk of chunks) {
    if (size === 0 && chunk.byteLength >= GATHERED_BYTES) {
      yield chunk
      continue
    }
    for (let from = 0; from < chunk.byteLength;) {
      // Copied: a part of a chunk that is kept as it is keeps all of its memory.
      const part = chunk.subarray(from, from + GATHERED_BYTES - size)
      held.set(part, size)
      from += part.byteLength
      size += part.byteLength
      if (size < GATHERED_BYTES) continue
      yield held
      held = new Uint8Array(GATHERED_BYTES)
      size = 0
    }
  }
  if (size > 0) yield held.subarray(0, size)
}
