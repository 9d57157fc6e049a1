/**
 * `npm run bench:webhooks`: POST /webhook beside a bare function that puts each body into a queue, in the same functions
 * host and the same run, at 1, 50 and 64 connections. Both take turns, so that a busy machine is busy for both.
 * Exits with 1 if a budget of the design is not kept. [-- --rounds 3 --seconds 3]
 */
import { loadavg } from 'node:os'
import { parseArgs } from 'node:util'
import { sampleText, signatureOf } from '../test/support/webhooks.ts'
import { timed, together, type Timed } from './webhooks/load.ts'
import { aBenchWorld, type BenchWorld } from './webhooks/world.ts'

const { values } = parseArgs({
  options: { rounds: { type: 'string', default: '3' }, seconds: { type: 'string', default: '3' } },
})
const [rounds, seconds] = [Number(values.rounds), Number(values.seconds)]
const CONNECTIONS = [1, 50, 64]

interface Measured {
  connections: number
  bare: ReturnType<typeof together>
  herald: ReturnType<typeof together>
  putsPerPost: number
  cosmosRequests: number
}

interface Verdict {
  what: string
  figure: number
  budget: string
  isKept: boolean
}

console.log(`POST /webhook beside a bare function with one put; load average ${loadavg()[0]?.toFixed(2) ?? ''}`)
const all: Measured[] = []
for (const connections of CONNECTIONS) {
  const measured = await measureApart(connections)
  all.push(measured)
  for (const line of linesOf(measured)) console.log(line)
}
const verdicts = all.flatMap(verdictsOf)
console.log('\nBudgets')
for (const { what, figure, budget, isKept } of verdicts) {
  console.log(`  ${isKept ? 'pass' : 'FAIL'}  ${what.padEnd(44)} ${figure.toFixed(3).padStart(8)}  (${budget})`)
}
process.exitCode = verdicts.every(({ isKept }) => isKept) ? 0 : 1

/**
 * In a world of its own: a minute after its start Azurite clears away the messages that are gone, and with some ten thousand of
 * them answers nothing for longer than Meta would be kept waiting.
 */
async function measureApart(connections: number): Promise<Measured> {
  const world = await aBenchWorld()
  try {
    await measure(world, 64, 1, 2)
    return await measure(world, connections, rounds, seconds)
  } finally {
    await world.close()
  }
}

async function measure(
  { url, secret, counts, emptyQueues }: BenchWorld,
  connections: number,
  turns: number,
  forSeconds: number,
): Promise<Measured> {
  const body = sampleText('status-delivered.json')
  const headers = { 'content-type': 'application/json', 'x-hub-signature-256': signatureOf(body, secret) }
  const common = { url, body, headers, connections, seconds: forSeconds }
  const [bare, herald]: [Timed[], Timed[]] = [[], []]
  let [puts, cosmosRequests] = [0, 0]
  for (let turn = 0; turn < turns; turn++) {
    bare.push(await timed({ ...common, path: '/bare' }))
    await emptyQueues()
    const before = await counts()
    herald.push(await timed({ ...common, path: '/webhook' }))
    const after = await counts()
    puts += after.puts - before.puts
    cosmosRequests += after.cosmosRequests - before.cosmosRequests
    await emptyQueues()
  }
  const posts = herald.reduce((sum, { answers }) => sum + answers.length, 0)
  return {
    connections,
    bare: together(bare),
    herald: together(herald),
    putsPerPost: puts / posts,
    cosmosRequests,
  }
}

function linesOf({ connections, bare, herald, putsPerPost, cosmosRequests }: Measured): string[] {
  const row = (name: string, { perSecond, p50, p99 }: Measured['bare']) =>
    `  ${name.padEnd(10)} ${perSecond.toFixed(0).padStart(6)} requests/s   p50 ${p50.toFixed(2).padStart(7)} ms   p99 ${p99.toFixed(2).padStart(7)} ms`
  return [
    `\n${connections} connection${connections === 1 ? '' : 's'}`,
    row('bare', bare),
    row('/webhook', herald),
    `  ratio      ${(herald.perSecond / bare.perSecond).toFixed(2)} of its requests/s, ${(herald.p99 / bare.p99).toFixed(2)} of its p99; ` +
      `${putsPerPost.toFixed(3)} puts and ${cosmosRequests} Cosmos requests for all`,
  ]
}

function verdictsOf({ connections, bare, herald, putsPerPost, cosmosRequests }: Measured): Verdict[] {
  const at = `at ${connections} connection${connections === 1 ? '' : 's'}`
  const most = (what: string, figure: number, budget: number): Verdict => {
    return { what: `${what} ${at}`, figure, budget: `at most ${budget}`, isKept: figure <= budget }
  }
  const none = most('Cosmos requests', cosmosRequests, 0)
  if (connections === 1)
    return [none, most('puts per POST', putsPerPost, 1), most('p99 ÷ bare', herald.p99 / bare.p99, 1.3)]
  if (connections !== 64) return [none]
  const figure = herald.perSecond / bare.perSecond
  const faster = { what: `requests/s ÷ bare ${at}`, figure, budget: 'at least 2', isKept: figure >= 2 }
  return [none, most('puts per POST', putsPerPost, 0.1), faster]
}
