/** Blob Storage as Herald uses it so far: whole small objects, written once under a name nobody guesses, read whole. */
import type { BlobServiceClient } from '@azure/storage-blob'
import type { BlobContainerName } from './resources.ts'

export interface Blobs {
  put(container: BlobContainerName, name: string, body: Buffer, contentType: string): Promise<void>
  get(container: BlobContainerName, name: string): Promise<Buffer>
}

export function storageBlobs(service: BlobServiceClient): Blobs {
  const blob = (container: BlobContainerName, name: string) =>
    service.getContainerClient(container).getBlockBlobClient(name)
  return {
    async put(container, name, body, contentType) {
      await blob(container, name).uploadData(body, { blobHTTPHeaders: { blobContentType: contentType } })
    },
    get: (container, name) => blob(container, name).downloadToBuffer(),
  }
}
