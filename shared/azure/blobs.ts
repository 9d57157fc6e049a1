/** Blob Storage as Herald uses it: objects written once under a name nobody guesses, whole or in blocks as they arrive. */
import { buffer } from 'node:stream/consumers'
import type { BlobServiceClient } from '@azure/storage-blob'
import { blobLinks, type BlobLink } from './blob-links.ts'
import { blobRanges } from './blob-ranges.ts'
import { blobWriter, type BlobWriter } from './blob-writer.ts'
import type { BlobContainerName } from './resources.ts'
import { retrying } from './retry.ts'

/** Of a download that breaks off, from where it had come to. */
const RETRIES = 5

export interface Blobs {
  put(container: BlobContainerName, name: string, body: Buffer, contentType: string): Promise<void>
  get(container: BlobContainerName, name: string): Promise<Buffer>
  /** In ranges, each asked for while the one before is used: memory is two of them, however large the blob. */
  read(container: BlobContainerName, name: string): AsyncIterable<Buffer>
  /** The names that begin so, in their order. */
  list(container: BlobContainerName, prefix: string): AsyncIterable<string>
  /** For what is too large to be held: the blob appears, whole, when the writer is told to finish. */
  writer(container: BlobContainerName, name: string): BlobWriter
  /** Its links die with it. Does nothing if there is no such blob. */
  remove(container: BlobContainerName, name: string): Promise<void>
  /** Its address, which opens nothing: the containers are private. */
  address(container: BlobContainerName, name: string): string
  /** Its address with a signature that lets whoever holds it read this one blob until `expiresAt`. */
  link(container: BlobContainerName, name: string, link: BlobLink): Promise<string>
}

export function storageBlobs(service: BlobServiceClient): Blobs {
  const blob = (container: BlobContainerName, name: string) =>
    service.getContainerClient(container).getBlockBlobClient(name)
  const sign = blobLinks(service)
  return {
    async put(container, name, body, contentType) {
      await blob(container, name).uploadData(body, { blobHTTPHeaders: { blobContentType: contentType } })
    },
    // One request, where `downloadToBuffer` asks for the size first.
    async get(container, name) {
      const { readableStreamBody } = await blob(container, name).download(0, undefined, { maxRetryRequests: RETRIES })
      // Only browsers get none.
      return readableStreamBody ? buffer(readableStreamBody) : Buffer.alloc(0)
    },
    read: (container, name) => blobRanges(blob(container, name)),
    async *list(container, prefix) {
      for await (const { name } of service.getContainerClient(container).listBlobsFlat({ prefix })) yield name
    },
    writer: (container, name) => blobWriter(blob(container, name)),
    async remove(container, name) {
      await retrying(() => blob(container, name).deleteIfExists({ deleteSnapshots: 'include' }))
    },
    address: (container, name) => blob(container, name).url,
    link: (container, name, link) => sign(blob(container, name), link),
  }
}
