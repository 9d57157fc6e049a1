/**
 * `npm run demo`: the main job from end to end as an ordinary API client does it, in a world of its own that leaves
 * nothing behind. Ends with a table of what happened and what it cost, and with an error if anything does not add up.
 */
import { startStack, type Stack } from '../stack/stack.ts'
import { demoOptions, type DemoOptions } from './options.ts'
import { runDemo } from './run.ts'

/** So that the demo need not wait ten minutes before it may send again to uncertain recipients. */
const UNCERTAIN_WAIT_SECONDS = 3
/** How long a killed host's messages stay hidden: Azure's ten minutes would be the length of the demo. */
const CHAOS_LEASE_SECONDS = 5

await main().catch((error: unknown) => {
  console.error(`\nThe demo failed: ${error instanceof Error ? error.message : String(error)}`)
  process.exit(1)
})

async function main(): Promise<void> {
  const options = demoOptions(process.argv.slice(2))
  if ((process.env['META_GRAPH_URL'] ?? '') !== '') {
    throw new Error(
      'it sends to thousands of invented people, so it runs with the simulated WhatsApp only: unset META_GRAPH_URL',
    )
  }
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    // Nothing is to be saved, and the parts end with this process.
    process.once(signal, () => process.exit(130))
  }
  console.log(`Starting the local world (seed ${options.seed}) …`)
  const stack = await startStack({
    whatsapp: { throughput: 'HIGH', seed: options.seed },
    settings: { UNCERTAIN_WAIT_SECONDS: String(UNCERTAIN_WAIT_SECONDS) },
    queueLeaseSeconds: options.chaos ? CHAOS_LEASE_SECONDS : undefined,
  })
  try {
    const problems = await Promise.race([runDemo(stack, options, UNCERTAIN_WAIT_SECONDS), brokenPart(stack)])
    tell(problems, options)
    process.exitCode = problems.length === 0 ? 0 : 1
  } finally {
    await stack.stop()
  }
}

async function brokenPart(stack: Stack): Promise<never> {
  throw new Error(await stack.broken)
}

function tell(problems: readonly string[], { seed }: DemoOptions): void {
  if (problems.length === 0) {
    console.log('\nEverything adds up.')
    return
  }
  console.error(`\nThis does not add up (seed ${seed}):`)
  for (const problem of problems) console.error(`  ${problem}`)
}
