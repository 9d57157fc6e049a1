/**
 * Watches every send and every write, and stops the simulation at the first that breaks an invariant of the design (§7).
 * It keeps its own account of what Meta took and reported: nothing here is computed by what it checks.
 */
import type { Document } from '../../shared/azure/cosmos.ts'
import type { Row } from '../../shared/azure/tables.ts'
import { fromCells } from '../../shared/recipients/fact-cells.ts'
import { knownState } from '../../shared/recipients/fact-row.ts'
import type { Chaos } from './chaos.ts'
import { checkCampaignWrite, checkFactWrite, checkPageWrite } from './writes.ts'

export class Violation extends Error {}

export interface Send {
  campaignId: string
  page: number
  position: number
  /** The retry a person asked for; 0 is the first sending. */
  round: number
  to: string
  data: string
}

type Answer = 'open' | 'unknown' | 'not_sent' | 'refused' | 'accepted'

interface Call {
  round: number
  answer: Answer
}

export interface Watch {
  issued: (send: Send, host: string) => void
  answered: (send: Send, answer: Answer) => void
  accepted: (send: Send) => void
  reported: (send: Send, kind: string) => void
  /** Reports by recipient, as `kind` and the round they are about. */
  reportsOf: (campaignId: string, page: number, position: number) => { kind: string; round: number }[]
  acceptedRounds: (campaignId: string, page: number, position: number) => number[]
  written: (container: string, document: Document) => void
  factsWritten: (rows: Row[]) => void
  /** A person was told that the campaign stands still; undefined: somebody has asked to start it since. */
  stopped: (campaignId: string, since: number | undefined) => void
  optedOut: (phone: string, since: number | undefined) => void
  sends: () => number
}

/** Sends of a number in any so long stretch stay within its rate, one block aside. */
const STRETCHES_MS = [1_000, 3_000]
const BLOCK = 32
const PROMISED_MS = 2_000

export interface WatchSetting {
  now: () => number
  chaos: Chaos
  ratePerSecond: number
}

export function createWatch({ now, chaos, ratePerSecond }: WatchSetting): Watch {
  const calls = new Map<string, Call[]>()
  const reports = new Map<string, { kind: string; round: number }[]>()
  const stoppedSince = new Map<string, number>()
  const optedOutSince = new Map<string, number>()
  const retries = new Map<string, ReadonlySet<string>[]>()
  const documents = new Map<string, Document>()
  const facts = new Map<string, Row>()
  const times: number[] = []
  /** When Meta last took a message of each campaign for each person. */
  const taken = new Map<string, Map<string, number>>()
  // What is promised in seconds takes as much longer as calls take and hosts stand still.
  const toleranceMs = chaos.isCalm
    ? PROMISED_MS
    : PROMISED_MS + 6 * chaos.longestLatencyMs + chaos.longestFreezeMs + 10_000

  const checkRounds = (send: Send, before: Call[]): void => {
    const name = `${send.page}/${send.position}`
    const open = before.filter(
      ({ round, answer }) => round === send.round && answer !== 'refused' && answer !== 'not_sent',
    )
    if (open.length > 0) {
      throw new Violation(`1/2: recipient ${name} is sent to again though the call before it was ${open[0]?.answer}`)
    }
    if (send.round === 0) return
    const asked = retries.get(send.campaignId)?.[send.round - 1]
    if (!asked) throw new Violation(`1: recipient ${name} is sent to in retry ${send.round}, which nobody asked for`)
    const had = calls.get(keyOf(send.campaignId, send.page, send.position))?.findLast((c) => c.answer === 'accepted')
    if (asked.has(name) && !hasFailed(send, had?.round)) {
      throw new Violation(
        `1: recipient ${name} had the message when retry ${send.round} was asked for, and gets it again`,
      )
    }
  }
  /** A retry is about everybody whose message Meta has reported as failed by the time their page is looked at. */
  const hasFailed = (send: Send, round: number | undefined): boolean =>
    (reports.get(keyOf(send.campaignId, send.page, send.position)) ?? []).some(
      (report) => report.kind === 'failed' && report.round === round,
    )
  const checkPromises = (send: Send): void => {
    const name = `${send.page}/${send.position}`
    const stopped = stoppedSince.get(send.campaignId)
    if (stopped !== undefined && now() - stopped > toleranceMs) {
      throw new Violation(`6: recipient ${name} is sent to ${now() - stopped} ms after pause or cancel was answered`)
    }
    const optedOut = optedOutSince.get(send.to)
    if (optedOut !== undefined && now() - optedOut > toleranceMs) {
      throw new Violation(`9: recipient ${name} is sent to ${now() - optedOut} ms after their opt-out was stored`)
    }
  }
  const checkPace = (): void => {
    times.push(now())
    while ((times[0] ?? 0) <= now() - Math.max(...STRETCHES_MS)) times.shift()
    if (!chaos.isCalm) return
    for (const stretchMs of STRETCHES_MS) {
      const count = times.filter((time) => time > now() - stretchMs).length
      if (count > ratePerSecond * (stretchMs / 1000) + BLOCK) {
        throw new Violation(`7: ${count} sends within ${stretchMs} ms at ${ratePerSecond} a second`)
      }
    }
  }

  const checkFrequency = ({ to, campaignId }: Send): void => {
    const { frequencyCap } = chaos
    if (!frequencyCap) return
    const own = (taken.get(to) ?? new Map<string, number>()).set(campaignId, now())
    taken.set(to, own)
    const lately = [...own.values()].filter((time) => time > now() - frequencyCap.hours * 3600_000)
    if (lately.length > frequencyCap.messages) {
      throw new Violation(`cap: ${lately.length} campaigns within ${frequencyCap.hours} h reach one person`)
    }
  }

  /** Whoever has the message when a person asks to send again must not get it again. */
  const noteRetry = (before: Document | undefined, after: Document): void => {
    const [earlier = 0, round = 0] = [before, after].map(
      (document) => (document as { retries?: number } | undefined)?.retries,
    )
    if (round === earlier) return
    const own = [...facts.values()].filter(({ partition }) => partition.endsWith(after.id))
    retries.set(after.id, [...(retries.get(after.id) ?? []), new Set(own.flatMap(reachedIn))])
  }

  return {
    issued(send) {
      const key = keyOf(send.campaignId, send.page, send.position)
      const before = calls.get(key) ?? []
      calls.set(key, before)
      checkRounds(send, before)
      checkPromises(send)
      checkPace()
      before.push({ round: send.round, answer: 'open' })
    },
    answered(send, answer) {
      const call = calls.get(keyOf(send.campaignId, send.page, send.position))?.findLast((c) => c.round === send.round)
      // Taken stays taken, whatever the client was told.
      if (call && call.answer !== 'accepted') call.answer = answer
    },
    accepted(send) {
      const own = calls.get(keyOf(send.campaignId, send.page, send.position)) ?? []
      if (own.some(({ round, answer }) => round === send.round && answer === 'accepted')) {
        throw new Violation(`1: Meta takes a second message for ${send.page}/${send.position}`)
      }
      this.answered(send, 'accepted')
      checkFrequency(send)
    },
    reported(send, kind) {
      const key = keyOf(send.campaignId, send.page, send.position)
      reports.set(key, [...(reports.get(key) ?? []), { kind, round: send.round }])
    },
    reportsOf: (campaignId, page, position) => reports.get(keyOf(campaignId, page, position)) ?? [],
    acceptedRounds: (campaignId, page, position) =>
      (calls.get(keyOf(campaignId, page, position)) ?? []).filter((c) => c.answer === 'accepted').map((c) => c.round),
    written(container, document) {
      const place = `${container} ${'pk' in document ? String(document.pk) : ''} ${document.id}`
      const before = documents.get(place)
      documents.set(place, document)
      if (container === 'pages') checkPageWrite(before, document, now())
      if (container === 'core') {
        checkCampaignWrite(before, document, [...documents.values()])
        noteRetry(before, document)
      }
    },
    factsWritten(rows) {
      for (const row of rows) {
        const place = `${row.partition} ${row.key}`
        checkFactWrite(facts.get(place), row)
        facts.set(place, row)
      }
    },
    stopped: (campaignId, since) => set(stoppedSince, campaignId, since),
    optedOut: (phone, since) => set(optedOutSince, phone, since),
    sends: () => calls.size,
  }
}

function keyOf(campaignId: string, page: number, position: number): string {
  return `${campaignId}/${page}/${position}`
}

function set(times: Map<string, number>, key: string, since: number | undefined): void {
  if (since === undefined) times.delete(key)
  else times.set(key, since)
}

/** Everybody on a page who has the message, as far as anybody knows. */
function reachedIn({ key, cells }: Row): string[] {
  const row = fromCells(cells)
  const positions = Array.from({ length: row.size }, (_, position) => position)
  return positions
    .filter((position) => ['sent', 'delivered', 'read'].includes(knownState(row, position)))
    .map((position) => `${Number(key)}/${position}`)
}
