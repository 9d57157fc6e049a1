/** Shows how far the campaign is: a bar in a terminal, a line now and then anywhere else. */
import { Presets, SingleBar } from 'cli-progress'
import type { Campaign } from './campaign.ts'

export interface Progress {
  show(campaign: Campaign): void
  /** Prints a line of its own, whatever is on the screen. */
  say(line: string): void
  stop(): void
}

const LINE_EVERY_MS = 2_000
/** Where nothing changes, so that a silent run is known to be alive. */
const SAME_LINE_EVERY_MS = 15_000

/** `expected` recipients, until the campaign itself knows how many there are. */
export function progress(expected: number): Progress {
  return process.stdout.isTTY ? bar(expected) : lines(expected)
}

function bar(expected: number): Progress {
  const screen = new SingleBar(
    {
      format: 'sending {bar} {value}/{total}  sent {sent}  delivered {delivered}  read {read}  failed {failed}',
      clearOnComplete: false,
      // With its numbers the bar fits a terminal of 80 columns for most of its way.
      barsize: 16,
    },
    Presets.shades_classic,
  )
  screen.start(expected, 0, { sent: 0, delivered: 0, read: 0, failed: 0 })
  return {
    show(campaign) {
      screen.setTotal(totalOf(campaign, expected))
      screen.update(doneOf(campaign), {
        sent: campaign.sent_count,
        delivered: campaign.delivered_count,
        read: campaign.read_count,
        failed: campaign.failed_count,
      })
    },
    say(line) {
      // To the start of the line and over the bar; the next update draws it again below.
      process.stdout.write(`\r\u001b[K${line}\n`)
    },
    stop: () => screen.stop(),
  }
}

function lines(expected: number): Progress {
  let shownAt = -Infinity
  let shown = ''
  let last = ''
  const print = (line: string): void => {
    shownAt = performance.now()
    shown = line
    console.log(line)
  }
  return {
    show(campaign) {
      last = lineOf(campaign, expected)
      const every = last === shown ? SAME_LINE_EVERY_MS : LINE_EVERY_MS
      if (performance.now() - shownAt >= every) print(last)
    },
    say: (line) => console.log(line),
    stop() {
      if (last !== shown) print(last)
    },
  }
}

function lineOf(campaign: Campaign, expected: number): string {
  return (
    `  ${doneOf(campaign)} of ${totalOf(campaign, expected)} done: sent ${campaign.sent_count}, ` +
    `delivered ${campaign.delivered_count}, read ${campaign.read_count}, failed ${campaign.failed_count}`
  )
}

/** While it is planned, the campaign counts only those who are planned already. */
function totalOf({ total_contacts: total, status }: Campaign, expected: number): number {
  return status === 'COMPLETED' ? total : Math.max(total, expected)
}

function doneOf(campaign: Campaign): number {
  return campaign.total_contacts - campaign.pending_count
}
