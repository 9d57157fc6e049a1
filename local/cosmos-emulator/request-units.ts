/**
 * The estimated request charge of every operation, in one place; docs/request-units.md explains the numbers. They are
 * estimates for comparing designs, not a bill.
 */

const kilobyte = 1024

/** Straight lines through the two measured sizes, 1 KB and 32 KB; nothing is cheaper than 1 KB. */
function bySize(bytes: number, atOne: number, atThirtyTwo: number): number {
  return atOne + ((atThirtyTwo - atOne) / 31) * Math.max(0, bytes / kilobyte - 1)
}

export function readCharge(bytes: number): number {
  return rounded(bySize(bytes, 1, 2.2))
}

const chargePerTerm = 0.2

/** A create, and an upsert that creates. */
export function writeCharge(bytes: number, indexedTerms: number): number {
  return rounded(bySize(bytes, 4.95, 11.2) + chargePerTerm * indexedTerms)
}

/** Replace, patch, and an upsert that replaces: the old version is removed and the new one written. */
export function replaceCharge(bytes: number, indexedTerms: number): number {
  return rounded(2 * writeCharge(bytes, indexedTerms))
}

export const deleteCharge = writeCharge

/** What a refused operation costs: it looked, and changed nothing. */
export const refusedCharge = 1

const queryBase = 2.3
const perLoadedItem = 0.03
const perLoadedKilobyte = 0.02
const perReturnedKilobyte = 0.01
const perCountedTerm = 0.005

export interface QueryWork {
  /** Items whose document was loaded, whether or not the filter let them through, and their size. */
  loadedItems: number
  loadedBytes: number
  returnedBytes: number
  /** Index entries that were only counted. */
  countedTerms: number
}

export function queryCharge(work: QueryWork): number {
  const loading = perLoadedItem * work.loadedItems + (perLoadedKilobyte * work.loadedBytes) / kilobyte
  const returning = (perReturnedKilobyte * work.returnedBytes) / kilobyte
  return rounded(queryBase + loading + returning + perCountedTerm * work.countedTerms)
}

export function rounded(charge: number): number {
  return Math.round(charge * 100) / 100
}
