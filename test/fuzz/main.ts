/**
 * `npm run test:fuzz -- --requests 50000 --seed 7`: made-up requests against the whole local world, over HTTP, with its
 * queues at work behind them. Ids are new in every run; what is asked with them, and what is wrong with it, follows the seed.
 */
import { randomInt } from 'node:crypto'
import { Command } from 'commander'
import { startIdentityProviders } from '../../local/identity-providers/server.ts'
import { startStack } from '../../local/stack/stack.ts'
import { loadConfig } from '../../shared/config.ts'
import { createDeps } from '../../shared/create-deps.ts'
import { createLog } from '../../shared/log.ts'
import { fuzz, report } from './fuzz.ts'
import { overHttp } from './http.ts'
import { populate } from './population.ts'

const options = new Command('test:fuzz')
  .option('--requests <count>', 'how many', Number, 50_000)
  .option('--seed <number>', 'the same seed asks the same', Number, randomInt(2 ** 31))
  .option('--at-once <count>', 'requests under way at the same time', Number, 8)
  .option('--minutes <count>', 'stop then, however many are done', Number, 60)
  .parse()
  .opts<{ requests: number; seed: number; atOnce: number; minutes: number }>()

console.log(`Seed ${options.seed}: ${options.requests} requests, ${options.atOnce} at once`)
const failedLines: string[] = []
const providers = await startIdentityProviders()
const stack = await startStack({
  settings: providers.settings,
  onHostLine: (line) => {
    if (line.includes('"http.failed"') || line.includes('"http.undeclared_error"')) failedLines.push(line)
  },
})
try {
  const { whatsapp } = stack
  if (!whatsapp) throw new Error('META_GRAPH_URL names another Meta: it must be the simulator that this starts')
  // Only to make what requests are about: they themselves go over HTTP.
  const deps = createDeps(loadConfig({ ...stack.settings }), { log: createLog(() => undefined), now: () => new Date() })
  const population = await populate(deps, whatsapp)
  const way = overHttp(stack.url, options.atOnce)
  const startedAt = performance.now()
  const seconds = () => Math.round((performance.now() - startedAt) / 1_000)
  const outcome = await fuzz(population, way.send, {
    ...options,
    deadline: startedAt + options.minutes * 60_000,
    progress: (done) => console.log(`${done} after ${seconds()} s`),
  })
  way.close()
  await deps.graph.close()
  console.log(report(outcome, `npm run test:fuzz -- --seed ${options.seed} --requests ${options.requests}`))
  console.log(`Took ${seconds()} s; the hosts logged ${failedLines.length} failures or undeclared errors`)
  for (const line of failedLines.slice(0, 20)) console.log(line.slice(0, 1_000))
  process.exitCode = outcome.failures.length + failedLines.length === 0 ? 0 : 1
} finally {
  await stack.stop()
  await providers.close()
}
process.exit()
