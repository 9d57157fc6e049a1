/**
 * `npm run test:examples`: every curl example of the API document, one after the other and in its order, against
 * `npm start`, with real ids and a token in the place of the placeholders. Each must be answered with the success status
 * that the document gives it. Behind them come the operations that the document shows without an example.
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readCommands, runCommand, type Command } from './command.ts'
import { EXAMPLES } from './fill.ts'
import { startHerald } from './running-herald.ts'
import { Things } from './things.ts'

const fixture = (name: string) => new URL(`../fixtures/${name}`, import.meta.url)

const folder = await mkdtemp(join(tmpdir(), 'herald-examples-'))
const herald = await startHerald(join(folder, 'state'))
const things = new Things(herald)
let failed = 0
try {
  const commands = [
    ...(await readCommands(fixture('api-examples.sh'))),
    ...(await readCommands(fixture('api-examples-more.sh'))),
  ]
  for (const command of commands) {
    const problem = await problemOf(command)
    console.log(`${problem === undefined ? 'ok    ' : 'FAILED'} ${command.method.padEnd(6)} ${command.route}`)
    if (problem === undefined) continue
    console.log(`       ${problem}`)
    failed++
  }
  console.log(`\n${commands.length - failed} passed, ${failed} failed`)
} finally {
  await herald.stop()
  await rm(folder, { recursive: true, force: true })
}
process.exit(failed === 0 ? 0 : 1)

/** What is wrong with the answer to this example, if anything. */
async function problemOf(command: Command): Promise<string | undefined> {
  const example = EXAMPLES[`${command.method} ${command.route}`]
  if (!example) return 'test/examples/fill.ts does not say how to fill this example in'
  const headers = command.headers.map((header) => header.replace('YOUR_ACCESS_TOKEN', things.token))
  try {
    const filled = await example.fill(things, folder)
    const answer = await runCommand(herald.baseUrl, { ...command, headers }, filled, join(folder, 'cookies'))
    if (answer.status !== example.status) return `${answer.status} instead of ${example.status}: ${answer.text}`
    await example.then?.(answer, things)
  } catch (error) {
    return String(error)
  }
  return undefined
}
