/**
 * `npm run test:webhooks`: 10,000 events through the door, and as many again with storage stopped in between.
 *
 * npm run test:webhooks [-- --events 10000 --seed N --max-seconds 300]
 */
import { randomInt } from 'node:crypto'
import { parseArgs } from 'node:util'
import { prove } from './proof.ts'

const { values } = parseArgs({
  options: {
    events: { type: 'string', default: '10000' },
    seed: { type: 'string', default: String(randomInt(1, 1_000_000)) },
    'max-seconds': { type: 'string', default: '300' },
  },
})
const [events, seed, maxSeconds] = [values.events, values.seed, values['max-seconds']].map(Number)
if (!events || !seed || !maxSeconds) throw new Error('--events, --seed and --max-seconds take whole numbers from 1')

for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
console.log(`Webhook test: ${events} events, seed ${seed}`)
for (const outage of [false, true]) {
  console.log(outage ? 'With storage stopped in the middle' : 'With everything running, and a replay of all of it')
  const problems = await prove({ events, seed, outage, maxSeconds, say: (line) => console.log(`  ${line}`) })
  for (const problem of problems) console.error(`  ${problem}`)
  if (problems.length > 0) process.exitCode = 1
}
console.log(process.exitCode === 1 ? `This does not add up (seed ${seed}).` : 'Everything adds up.')
