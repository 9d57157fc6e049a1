/**
 * Signed links (shared access signatures) that read one blob for a while and do nothing else. In the cloud they are signed
 * with a key that Entra ID gives our identity for some hours; with a connection string, with the account's key.
 * A link is as good as the file: it is handed to whoever may have it, and neither logged nor stored.
 */
import {
  BlobSASPermissions,
  generateBlobSASQueryParameters,
  SASProtocol,
  StorageSharedKeyCredential,
  type BlobSASSignatureValues,
  type BlobServiceClient,
  type BlockBlobClient,
  type UserDelegationKey,
} from '@azure/storage-blob'
import { retrying } from './retry.ts'

export interface BlobLink {
  now: Date
  /** Storage counts whole seconds: a part of one is cut off. */
  expiresAt: Date
  contentType: string
  /** What a browser saves it as; it is never shown inside one, so that no file runs as a page of the storage account. */
  fileName: string
}

export type SignLink = (blob: BlockBlobClient, link: BlobLink) => Promise<string>

export function blobLinks(service: BlobServiceClient): SignLink {
  const { credential, accountName } = service
  if (credential instanceof StorageSharedKeyCredential) {
    return (blob, link) =>
      Promise.resolve(signed(blob, generateBlobSASQueryParameters(valuesOf(blob, link), credential)))
  }
  const keys = delegationKeys((from, to) => retrying(() => service.getUserDelegationKey(from, to)))
  return async (blob, link) => {
    const key = await keys(link)
    return signed(blob, generateBlobSASQueryParameters(valuesOf(blob, link), key, accountName))
  }
}

/** No link lives longer than its key; a key lives a week at most. */
const KEY_LIFE_MS = 48 * 3_600_000
/** Clocks differ: a key is asked for as of a little earlier, and left a little before its end. */
const LEEWAY_MS = 15 * 60_000

type AskForKey = (from: Date, to: Date) => Promise<UserDelegationKey>

/** One key for all links of a day, asked for once however many links are wanted at the same time. */
export function delegationKeys(
  ask: AskForKey,
): (link: Pick<BlobLink, 'now' | 'expiresAt'>) => Promise<UserDelegationKey> {
  let current: { key: Promise<UserDelegationKey>; until: number } | undefined
  return ({ now, expiresAt }) => {
    if (current && current.until >= expiresAt.getTime() + LEEWAY_MS) return current.key
    const until = Math.max(now.getTime() + KEY_LIFE_MS, expiresAt.getTime() + LEEWAY_MS)
    const asked = { key: ask(new Date(now.getTime() - LEEWAY_MS), new Date(until)), until }
    current = asked
    asked.key.catch(() => {
      if (current === asked) current = undefined
    })
    return asked.key
  }
}

function valuesOf(blob: BlockBlobClient, { expiresAt, contentType, fileName }: BlobLink): BlobSASSignatureValues {
  return {
    containerName: blob.containerName,
    blobName: blob.name,
    permissions: BlobSASPermissions.parse('r'),
    // No start: it would lie in the future for a storage account whose clock is behind ours.
    expiresOn: expiresAt,
    protocol: blob.url.startsWith('https:') ? SASProtocol.Https : SASProtocol.HttpsAndHttp,
    contentType,
    contentDisposition: attachment(fileName),
    cacheControl: 'private, no-store',
  }
}

function signed(blob: BlockBlobClient, parameters: { toString(): string }): string {
  return `${blob.url}?${parameters.toString()}`
}

/** RFC 6266: plain letters for old readers, then the name itself. */
function attachment(fileName: string): string {
  const plain = fileName.replaceAll(/[^\w .()-]/g, '_')
  const encoded = encodeURIComponent(fileName).replaceAll(
    /['()*]/g,
    (sign) => `%${sign.charCodeAt(0).toString(16).toUpperCase()}`,
  )
  return `attachment; filename="${plain}"; filename*=UTF-8''${encoded}`
}
