import { describe, expect, it } from 'vitest'
import {
  BLOCK_SIZE,
  LEASE_MS,
  cancelled,
  claimed,
  isLeased,
  isSettled,
  nextTry,
  recorded,
  recovered,
  reopened,
  sendable,
  triesOf,
  type SendResult,
} from '../../../shared/recipients/page.ts'
import { aPage } from '../../support/builders.ts'

const NOW = new Date('2026-11-23T10:00:00.000Z')
const later = (ms: number) => new Date(NOW.getTime() + ms)

describe('a page of the ledger', () => {
  it('offers pending recipients only, a block at a time', () => {
    expect(sendable(aPage('apfpucp'), NOW, BLOCK_SIZE)).toEqual([1, 3, 6])
    expect(sendable(aPage('p'.repeat(128)), NOW, BLOCK_SIZE)).toHaveLength(32)
  })

  it('does not offer a claimed recipient again, however late it is', () => {
    const page = claimed(aPage('ppp'), [0, 1], 'one', NOW)
    expect(sendable(page, later(LEASE_MS * 100), BLOCK_SIZE)).toEqual([2])
  })

  it('is leased from the claim until the lease ends', () => {
    const page = claimed(aPage('pp'), [0], 'one', NOW)
    expect(isLeased(page, later(LEASE_MS - 1))).toBe(true)
    expect(isLeased(page, later(LEASE_MS + 1))).toBe(false)
  })

  it('makes what a dead worker had claimed uncertain, never pending', () => {
    const page = recovered(claimed(aPage('ppp'), [0, 2], 'one', NOW), later(LEASE_MS + 1))
    expect(page.states).toBe('upu')
    expect(page.notes['0']).toMatchObject({ reason: 'worker_stopped' })
    expect(page.lease).toBeNull()
  })

  it('records each kind of result with its details', () => {
    const results = new Map<number, SendResult>([
      [0, { kind: 'accepted', wamid: 'wamid.A' }],
      [1, { kind: 'failed', code: 131026, reason: 'no' }],
      [2, { kind: 'uncertain', reason: 'answer_lost' }],
      [3, { kind: 'skipped', reason: 'opted_out' }],
      [4, { kind: 'again', afterMs: 4000, code: 131056, reason: 'wait' }],
    ])
    const page = recorded(claimed(aPage('ppppp'), [0, 1, 2, 3, 4], 'one', NOW), results, NOW)
    expect(page.states).toBe('afusp')
    expect(page.wamids).toEqual({ 0: 'wamid.A' })
    expect(page.notes['1']).toMatchObject({ code: 131026 })
    expect(triesOf(page, 4)).toBe(1)
    expect(nextTry(page)).toBe(later(4000).toISOString())
    expect(sendable(page, later(3999), BLOCK_SIZE)).toEqual([])
    expect(sendable(page, later(4000), BLOCK_SIZE)).toEqual([4])
  })

  it('counts tries up and keeps the number with an outcome', () => {
    const again = new Map<number, SendResult>([[0, { kind: 'again', afterMs: 1, code: 0, reason: 'x' }]])
    const twice = recorded(recorded(aPage('p'), again, NOW), again, NOW)
    expect(triesOf(twice, 0)).toBe(2)
    expect(triesOf(recorded(twice, new Map([[0, { kind: 'accepted', wamid: 'w' }]]), NOW), 0)).toBe(2)
  })

  it('is settled when nobody is pending or claimed', () => {
    expect(isSettled(aPage('afusx'))).toBe(true)
    expect(isSettled(aPage('afp'))).toBe(false)
    expect(isSettled(aPage('afc'))).toBe(false)
  })

  it('cancels only those who were not sent to', () => {
    expect(cancelled(aPage('apcuf')).states).toBe('axcuf')
  })

  it('reopens the named recipients and remembers in which retry', () => {
    const page = reopened(recovered(aPage('cca'), NOW), [0], 2)
    expect(page.states).toBe('pua')
    expect(page.notes).not.toHaveProperty('0')
    expect(page.notes).toHaveProperty('1')
    expect(page).toMatchObject({ round: 2, resends: { 0: 2 } })
  })
})
