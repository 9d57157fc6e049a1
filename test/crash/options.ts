/** The command lines of the crash test and the counters test. */
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'

export interface CrashOptions {
  campaigns: number
  recipients: number
  hosts: number
  seed: number
  /** Nothing may take longer: what does has hung. */
  maxSeconds: number
}

/** `usual` is what is not given on the command line; a seed that is not given is random. */
export function crashOptions(argv: string[], usual: Omit<CrashOptions, 'seed'>): CrashOptions {
  const { values } = parseArgs({
    args: argv,
    options: {
      campaigns: { type: 'string', default: String(usual.campaigns) },
      recipients: { type: 'string', default: String(usual.recipients) },
      hosts: { type: 'string', default: String(usual.hosts) },
      seed: { type: 'string', default: String(randomInt(1, 1_000_000)) },
      'max-seconds': { type: 'string', default: String(usual.maxSeconds) },
    },
  })
  return {
    campaigns: whole('campaigns', values.campaigns),
    recipients: whole('recipients', values.recipients),
    hosts: whole('hosts', values.hosts),
    seed: whole('seed', values.seed),
    maxSeconds: whole('max-seconds', values['max-seconds']),
  }
}

function whole(name: string, text: string): number {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0 && value < 2 ** 31) return value
  throw new Error(`--${name} takes a whole number from 1, not "${text}"`)
}
