/** What the crash and counters tests run in: the whole local world with several hosts, contacts and an approved template. */
import { apiClient, type ApiClient } from '../../local/demo/api-client.ts'
import { contactFiles } from '../../local/demo/contact-files.ts'
import { importFiles } from '../../local/demo/import-contacts.ts'
import { prepare, type Prepared } from '../../local/demo/prepare.ts'
import { startStack, type Stack } from '../../local/stack/stack.ts'
import type { WhatsappPart } from '../../local/stack/parts.ts'
import type { CrashOptions } from './options.ts'
import { simulatorControl, type Simulator } from './simulator.ts'

/** A killed host's messages stay hidden for Azure's ten minutes otherwise: the length of two runs. */
const LEASE_SECONDS = 5
/** How long Meta may report on an uncertain message before a person may send it again. */
export const UNCERTAIN_WAIT_SECONDS = 3

export interface TestWorld {
  stack: Stack
  whatsapp: WhatsappPart
  simulator: Simulator
  api: ApiClient
  prepared: Prepared
}

/** Runs `work` in a fresh world; exits with 1 if it finds a problem, throws, takes too long or a part breaks. */
export async function inTestWorld(
  name: string,
  options: CrashOptions & { throughput: 'STANDARD' | 'HIGH' },
  work: (world: TestWorld) => Promise<string[]>,
): Promise<void> {
  const { seed, hosts, throughput, maxSeconds } = options
  if ((process.env['META_GRAPH_URL'] ?? '') !== '')
    throw new Error('Runs with the simulated WhatsApp only: unset META_GRAPH_URL')
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
  console.log(`${name}: seed ${seed}, ${hosts} hosts`)
  const stack = await startStack({
    hosts,
    whatsapp: { throughput, seed },
    settings: { UNCERTAIN_WAIT_SECONDS: String(UNCERTAIN_WAIT_SECONDS) },
    queueLeaseSeconds: LEASE_SECONDS,
  })
  try {
    const problems = await Promise.race([prepared(stack, options).then(work), broken(stack), tooLong(maxSeconds)])
    for (const problem of problems) console.error(`  ${problem}`)
    console.log(problems.length === 0 ? 'Everything adds up.' : `This does not add up (seed ${seed}).`)
    process.exitCode = problems.length === 0 ? 0 : 1
  } catch (error) {
    console.error(`${name} failed (seed ${seed}):`, error)
    process.exitCode = 1
  } finally {
    await stack.stop()
  }
  // A hung poll of what failed must not keep the process.
  process.exit()
}

async function prepared(stack: Stack, { recipients, seed }: CrashOptions): Promise<TestWorld> {
  const { whatsapp } = stack
  if (!whatsapp) throw new Error('there is no simulated WhatsApp in this world')
  const simulator = simulatorControl(whatsapp.url)
  // What is tested is not how many people a day may be written to.
  await simulator.changeNumber(whatsapp.phoneNumberId, { tier: 'TIER_UNLIMITED' })
  const api = apiClient(stack.url)
  const silent = (): void => undefined
  const ready = await prepare(api, whatsapp, silent)
  const files = contactFiles({ contacts: undefined, recipients, chaos: true, seed })
  await importFiles(api, ready.workspaceId, files, silent)
  return { stack, whatsapp, simulator, api, prepared: ready }
}

async function broken(stack: Stack): Promise<never> {
  throw new Error(await stack.broken)
}

function tooLong(seconds: number): Promise<never> {
  return new Promise((_, fail) => {
    setTimeout(() => fail(new Error(`not done after ${seconds} s`)), seconds * 1000).unref()
  })
}
