/**
 * The pace of messages from one number to one person, shared by all instances: what would be over Meta's limit waits for its
 * turn, where a refusal (131056) would cost tries. Campaigns do not ask: they write to each person once.
 */
import type { Buckets } from '../throttle/buckets.ts'

/**
 * One message each 6 seconds; up to 45 at once borrow from what comes later.
 * Source: https://developers.facebook.com/docs/whatsapp/cloud-api/overview#pair-rate-limits
 */
const MESSAGES = { limit: 10, burst: 45 }

export interface PairLimit {
  /** 0: now. Otherwise nothing is taken, and the message may ask again after so long. */
  waitMs(metaNumberId: string, contactId: string): Promise<number>
}

export function pairLimit(buckets: Buckets): PairLimit {
  return {
    async waitMs(metaNumberId, contactId) {
      const { waitMs } = await buckets.take({ key: `pair:${metaNumberId}:${contactId}`, ...MESSAGES })
      return waitMs
    },
  }
}
