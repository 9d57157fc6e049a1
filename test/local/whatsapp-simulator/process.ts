/** The simulator as a process of its own, as `npm run local:whatsapp` starts it. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { onTestFinished } from 'vitest'
import { app, simulated } from './world.ts'
import type { Receiver, Simulated } from './world.ts'

export const mainFile = join(import.meta.dirname, '../../../local/whatsapp-simulator/main.ts')
export const secrets = { META_APP_ID: app.appId, META_APP_SECRET: app.appSecret, META_VERIFY_TOKEN: app.verifyToken }

export type Running = {
  ready: Record<string, string>
  simulator: (receiver: Receiver) => Simulated
  /** Ends the process and gives its exit code back. */
  end: (signal: NodeJS.Signals) => Promise<number | null>
}

export function aStateFile(): string {
  const folder = mkdtempSync(join(tmpdir(), 'whatsapp-simulator-test-'))
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }))
  return join(folder, 'state.sqlite')
}

/** What a process that does not become ready says, and its exit code. */
export async function failing(args: string[]): Promise<{ code: number | null; stderr: string }> {
  const child = spawn(process.execPath, [mainFile, ...args], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { ...process.env, ...secrets },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  let stderr = ''
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()))
  await once(child, 'close')
  return { code: child.exitCode, stderr }
}

export async function running(args: string[], env: Record<string, string> = {}): Promise<Running> {
  const child = spawn(process.execPath, [mainFile, ...args], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...secrets, ...env },
  })
  onTestFinished(() => void child.kill('SIGKILL'))
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string]
  const ready = JSON.parse(line) as Record<string, string>
  return {
    ready,
    simulator: (receiver) =>
      simulated(
        {
          url: ready['url']!,
          accessToken: ready['access_token']!,
          wabaId: ready['waba_id']!,
          phoneNumberId: ready['phone_number_id']!,
          setWebhookUrl: () => undefined,
          close: () => Promise.resolve(),
        },
        receiver,
      ),
    end: async (signal) => {
      const exit = once(child, 'exit')
      child.kill(signal)
      await exit
      return child.exitCode
    },
  }
}
