import { expect, it } from 'vitest'
import { UNLIMITED, messageLimitOf, ratePerSecond } from '../../../shared/phone-numbers/schema.ts'

it.each([
  ['TIER_50', 50],
  ['TIER_250', 250],
  ['TIER_1K', 1000],
  ['TIER_2K', 2000],
  ['TIER_10K', 10_000],
  ['TIER_100K', 100_000],
  ['TIER_UNLIMITED', UNLIMITED],
  ['TIER_NOT_SET', 1000],
  [null, 1000],
])('reads the messaging limit %s as %d', (tier, limit) => {
  expect(messageLimitOf(tier)).toBe(limit)
})

it.each([
  ['STANDARD', false, 80],
  ['HIGH', false, 1000],
  ['NOT_APPLICABLE', false, 80],
  ['STANDARD', true, 20],
  ['HIGH', true, 20],
])(
  'lets a number of level %s (coexistence: %s) send %d messages a second',
  (throughput_level, is_coexistence, rate) => {
    expect(ratePerSecond({ throughput_level, is_coexistence })).toBe(rate)
  },
)
