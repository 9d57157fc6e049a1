/**
 * Writes a blob while its bytes arrive, one block at a time: memory is one block, however large the blob. Blocks without
 * `finish` are no blob: nobody can read or list them, and the storage account drops them after a week.
 */
import type { BlockBlobClient } from '@azure/storage-blob'
import { retrying } from './retry.ts'

export interface BlobWriter {
  write(chunk: Uint8Array): Promise<void>
  /** Makes the blob of all that was written. */
  finish(contentType: string): Promise<void>
}

const BLOCK_BYTES = 4 * 1024 * 1024

export function blobWriter(blob: BlockBlobClient, blockBytes = BLOCK_BYTES): BlobWriter {
  const blocks: string[] = []
  let held: Uint8Array[] = []
  let heldBytes = 0

  const stage = async () => {
    const body = Buffer.concat(held)
    held = []
    heldBytes = 0
    // The ids of a blob's blocks have one length. A block that is staged twice, because an answer was lost, is one block.
    const id = Buffer.from(String(blocks.length).padStart(6, '0')).toString('base64')
    await retrying(() => blob.stageBlock(id, body, body.length))
    blocks.push(id)
  }

  return {
    async write(chunk) {
      for (let from = 0; from < chunk.byteLength;) {
        const part = chunk.subarray(from, from + blockBytes - heldBytes)
        from += part.byteLength
        heldBytes += part.byteLength
        held.push(part)
        if (heldBytes === blockBytes) await stage()
      }
    },
    async finish(contentType) {
      const options = { blobHTTPHeaders: { blobContentType: contentType } }
      if (blocks.length === 0) {
        const body = Buffer.concat(held)
        await retrying(() => blob.upload(body, body.length, options))
        return
      }
      if (heldBytes > 0) await stage()
      await retrying(() => blob.commitBlockList(blocks, options))
    },
  }
}
