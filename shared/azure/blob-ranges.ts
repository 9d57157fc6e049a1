/** Reads a blob range by range. */
import type { BlockBlobClient } from '@azure/storage-blob'
import { retrying } from './retry.ts'

const RANGE_BYTES = 4 * 1024 * 1024

export async function* blobRanges(blob: BlockBlobClient, rangeBytes = RANGE_BYTES): AsyncGenerator<Buffer, void> {
  const { contentLength = 0 } = await retrying(() => blob.getProperties())
  const read = (from: number): Promise<Buffer> | undefined => {
    if (from >= contentLength) return undefined
    const reading = retrying(() => blob.downloadToBuffer(from, Math.min(rangeBytes, contentLength - from)))
    // Thrown when its turn comes; until then it must not count as unhandled.
    reading.catch(() => undefined)
    return reading
  }
  let next = read(0)
  for (let from = rangeBytes; next; from += rangeBytes) {
    const range = await next
    next = read(from)
    yield range
  }
}
