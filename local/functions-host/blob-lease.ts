/**
 * "Only one host at a time": holds a lease on a blob, as Azure's singleton lock does, and runs work while it holds it.
 * A host that dies loses the lease after 15 seconds and another one takes over.
 */
import { setTimeout as delay } from 'node:timers/promises'
import type { BlobLeaseClient, ContainerClient } from '@azure/storage-blob'
import { errorFields, logEvent } from './log.ts'

const leaseSeconds = 15
const renewEveryMilliseconds = 5000
const retryEveryMilliseconds = 1000

interface Singleton {
  readonly container: ContainerClient
  readonly blobName: string
  /** Runs while the lease is held; must end soon after its signal aborts. */
  readonly work: (held: AbortSignal) => Promise<void>
}

/** Waits for the lease, works, waits again if it was lost; ends when `stopping` aborts, leaving the lease free. */
export async function runAsSingleton(singleton: Singleton, stopping: AbortSignal): Promise<void> {
  let isFailing = false
  while (!stopping.aborted) {
    try {
      const lease = await acquire(singleton)
      isFailing = false
      if (lease) await workUnder(lease, singleton.work, stopping)
    } catch (error) {
      if (!isFailing) logEvent('error', 'timer.lock-failed', { blob: singleton.blobName, ...errorFields(error) })
      isFailing = true
    }
    await delay(retryEveryMilliseconds, undefined, { signal: stopping }).catch(() => undefined)
  }
}

async function acquire({ container, blobName }: Singleton): Promise<BlobLeaseClient | undefined> {
  const blob = container.getBlockBlobClient(blobName)
  const lease = blob.getBlobLeaseClient()
  try {
    await lease.acquireLease(leaseSeconds)
    return lease
  } catch (error) {
    if (hasCode(error, 'LeaseAlreadyPresent')) return undefined
    if (!hasCode(error, 'BlobNotFound') && !hasCode(error, 'ContainerNotFound')) throw error
    await container.createIfNotExists()
    // Another host may create it in this moment; then its content is the same.
    await blob.upload('', 0, { conditions: { ifNoneMatch: '*' } }).catch(() => undefined)
    return undefined
  }
}

async function workUnder(lease: BlobLeaseClient, work: Singleton['work'], stopping: AbortSignal): Promise<void> {
  const lost = new AbortController()
  let renewedAt = Date.now()
  const renew = async () => {
    try {
      await lease.renewLease()
      renewedAt = Date.now()
    } catch (error) {
      const isOver = Date.now() - renewedAt > (leaseSeconds - renewEveryMilliseconds / 1000) * 1000
      if (hasCode(error, 'LeaseIdMismatchWithLeaseOperation') || hasCode(error, 'LeaseLost') || isOver) lost.abort()
    }
  }
  const timer = setInterval(() => void renew(), renewEveryMilliseconds)
  try {
    await work(AbortSignal.any([stopping, lost.signal]))
  } finally {
    clearInterval(timer)
    await lease.releaseLease().catch(() => undefined)
  }
}

export function hasCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}
