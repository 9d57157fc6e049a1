import { describe, expect, it } from 'vitest'
import { whatDoesNotAddUp, type Outcome } from '../../../local/demo/checks.ts'

const tally = (kinds: { delivered: number; read: number; failed: number }) => ({
  distinct: {},
  reached: { sent: 100, none: 0, ...kinds },
})

/** 110 rows; 100 contacts, of whom 2 were skipped, 1 refused for good and 3 failed after WhatsApp took the message. */
function anOutcome(changes: Partial<Outcome['campaign']> = {}): Outcome {
  const reached = tally({ delivered: 90, read: 60, failed: 3 })
  return {
    imported: { files: 1, rows: 110, imported: 100, updated: 0, skipped: 4, failed: 6, reasons: [], seconds: 1 },
    campaign: {
      id: 'c',
      status: 'COMPLETED',
      total_contacts: 100,
      sent_count: 94,
      delivered_count: 90,
      read_count: 60,
      failed_count: 4,
      skipped_count: 2,
      cancelled_count: 0,
      uncertain_count: 0,
      pending_count: 0,
      failures: [],
      ...changes,
    },
    ledger: {
      accepted: 97,
      recipients: 97,
      recipients_with_more_than_one: 0,
      max_per_recipient: 1,
      refused: 1,
      refused_by_code: { '131030': 1 },
      first_accepted_at: null,
      last_accepted_at: null,
      rate_peak_per_second: 97,
    },
    counts: { accepted: 97, reported: reached, planned: reached, pending: 0 },
    refusedForGood: 1,
    chaos: undefined,
  }
}

describe('what must add up after the demo', () => {
  it('is quiet when everything does', () => {
    expect(whatDoesNotAddUp(anOutcome())).toEqual([])
  })

  it.each([
    [{ sent_count: 93 }, 'sent + failed + skipped + cancelled + uncertain: 99, but the total: 100'],
    [{ sent_count: 93 }, 'sent: 93, but accepted by WhatsApp and not failed afterwards: 94'],
    [{ delivered_count: 91 }, 'delivered: 91, but reported as delivered: 90'],
    [{ read_count: 0 }, 'read: 0, but reported as read: 60'],
    [{ failed_count: 3 }, 'failed: 3, but reported as failed or refused for good: 4'],
    [{ uncertain_count: 1 }, 'accepted sends: 97, but recipients who were to get one: 96'],
    [{ status: 'SENDING' }, 'The campaign is SENDING, not COMPLETED'],
  ])('names the line when the campaign says %o', (changes, problem) => {
    expect(whatDoesNotAddUp(anOutcome(changes))).toContain(problem)
  })

  it('names rows without a result', () => {
    const outcome = anOutcome()
    outcome.imported.failed = 5
    expect(whatDoesNotAddUp(outcome)).toEqual(['rows imported, updated, skipped or failed: 109, but rows in all: 110'])
  })

  it('names people who got two messages', () => {
    const outcome = anOutcome()
    outcome.ledger = { ...outcome.ledger, recipients: 96, recipients_with_more_than_one: 1 }
    expect(whatDoesNotAddUp(outcome)).toEqual([
      'accepted sends: 97, but recipients who got one: 96',
      'recipients who got more than one message: 1, but none: 0',
    ])
  })

  it('wants three kills in the middle of the sending, nobody uncertain, and the end of a run without crashes', () => {
    const outcome = anOutcome({ uncertain_count: 1, sent_count: 93 })
    outcome.chaos = { killedAt: [10, 50, 97], uncertainAfterCrashes: 5, sentAgain: 5 }
    outcome.counts.planned = tally({ delivered: 91, read: 60, failed: 4 })
    const problems = whatDoesNotAddUp(outcome)
    expect(problems).toContain('Only 2 kills came during the sending')
    expect(problems).toContain('uncertain at the end: 1, but none: 0')
    expect(problems).toContain('delivered after the crashes: 90, but as without crashes: 91')
  })
})
