/** `npm start` as a process of its own, with state that nobody else sees. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { freePort } from '../../local/process/ports.ts'
import type { RunningHerald } from './things.ts'

const REPOSITORY = fileURLToPath(new URL('../..', import.meta.url))

/** Its address and secrets, as `npm start` prints them, and how to stop it. */
export async function startHerald(folder: string): Promise<RunningHerald & { stop(): Promise<void> }> {
  const appSecret = randomBytes(16).toString('hex')
  const verifyToken = randomBytes(8).toString('hex')
  const port = await freePort()
  const child = spawn('npm', ['start', '--', '--state', folder], {
    cwd: REPOSITORY,
    env: { ...process.env, PORT: String(port), META_APP_SECRET: appSecret, META_VERIFY_TOKEN: verifyToken },
    stdio: ['ignore', 'pipe', 'inherit'],
    // A group of its own: npm does not hand signals on to what it started.
    detached: true,
  })
  const said = await welcomeOf(createInterface(child.stdout))
  const told = (name: string): string => new RegExp(`${name} +(\\S+)`).exec(said)?.[1] ?? ''
  return {
    baseUrl: `http://localhost:${port}`,
    simulatorUrl: told('WhatsApp simulator'),
    metaNumberId: told('phone_number_id'),
    wabaId: told('business_id \\(WABA\\)'),
    metaToken: told('access_token'),
    appSecret,
    verifyToken,
    async stop() {
      if (child.pid === undefined) return
      process.kill(-child.pid, 'SIGINT')
      await once(child, 'exit')
    },
  }
}

async function welcomeOf(lines: AsyncIterable<string>): Promise<string> {
  const said: string[] = []
  for await (const line of lines) {
    said.push(line)
    if (line.startsWith('Ctrl-C')) return said.join('\n')
  }
  throw new Error(`npm start ended before it was ready:\n${said.join('\n')}`)
}
