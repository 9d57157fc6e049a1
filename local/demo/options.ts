/** The demo's command line. */
import { randomInt } from 'node:crypto'
import { existsSync } from 'node:fs'
import { parseArgs } from 'node:util'
import { MAX_GENERATED } from './make-contacts.ts'

const USAGE = `Usage: npm run demo [-- options]
  --contacts <file>   a CSV or Excel file (local/demo/contacts.csv)
  --recipients <n>    that many generated contacts instead, in as many files as it takes
  --chaos             kill the functions host at random moments of the sending; nobody may get two messages
  --seed <n>          the same people, fates and moments again`

export interface DemoOptions {
  contacts: string | undefined
  recipients: number | undefined
  chaos: boolean
  seed: number
}

export function demoOptions(argv: string[]): DemoOptions {
  const { values } = parseArgs({
    args: argv,
    options: {
      contacts: { type: 'string' },
      recipients: { type: 'string' },
      chaos: { type: 'boolean', default: false },
      seed: { type: 'string' },
      help: { type: 'boolean', default: false },
    },
  })
  if (values.help) {
    console.log(USAGE)
    process.exit(0)
  }
  if (values.contacts !== undefined && values.recipients !== undefined) {
    throw new Error('--contacts names a file, --recipients generates one: give one of them')
  }
  if (values.contacts !== undefined && !existsSync(values.contacts)) {
    throw new Error(`there is no file ${values.contacts}`)
  }
  return {
    contacts: values.contacts,
    recipients: values.recipients === undefined ? undefined : whole('recipients', values.recipients, MAX_GENERATED),
    chaos: values.chaos,
    seed: values.seed === undefined ? randomInt(1, 1_000_000) : whole('seed', values.seed, 2 ** 31 - 1),
  }
}

function whole(name: string, text: string, most: number): number {
  const value = Number(text)
  if (Number.isInteger(value) && value > 0 && value <= most) return value
  throw new Error(`--${name} takes a whole number from 1 to ${most}, not "${text}"`)
}
