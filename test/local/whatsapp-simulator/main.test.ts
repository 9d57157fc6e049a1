/** The command: one line when ready, clear words when not, and it ends when it should. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createInterface } from 'node:readline'
import { describe, expect, it, onTestFinished } from 'vitest'
import { like } from './reply.ts'
import { failing, mainFile, running, secrets } from './process.ts'
import { aReceiver, until } from './world.ts'

const answers = (url: string) =>
  fetch(`${url}/_simulator/state`).then(
    () => true,
    () => false,
  )

describe('npm run local:whatsapp', () => {
  it('prints one line with everything a launcher needs, and ends cleanly', async () => {
    const child = await running(['--throughput', 'HIGH', '--seed', '3'], {
      SIMULATOR_ACCESS_TOKEN: 'a-token-of-the-tests',
    })
    expect(child.ready).toEqual({
      event: 'ready',
      part: 'whatsapp',
      url: like(/^http:\/\/127\.0\.0\.1:\d+$/),
      waba_id: '102290000000001',
      phone_number_id: '106540000000001',
      access_token: 'a-token-of-the-tests',
    })
    const simulator = child.simulator(await aReceiver())
    expect((await simulator.graph('GET', `${simulator.phoneNumberId}?fields=throughput`)).body.throughput).toEqual({
      level: 'HIGH',
    })
    expect(await simulator.control('GET', 'state')).toMatchObject({ seed: 3, handshake: 'no webhook URL' })
    expect(await child.end('SIGINT')).toBe(0)
  })

  it('verifies the webhook URL it was given with the token from the environment', async () => {
    const receiver = await aReceiver()
    const child = await running(['--webhook-url', receiver.url])
    const simulator = child.simulator(receiver)
    await until(async () => (await simulator.control('GET', 'state')).handshake === 'verified', 'the handshake')
    expect(await child.end('SIGTERM')).toBe(0)
  })

  it('says in one sentence that the port is in use', async () => {
    const receiver = await aReceiver()
    const port = new URL(receiver.url).port
    expect(await failing(['--port', port])).toEqual({
      code: 1,
      stderr: `Port ${port} is in use; choose another one with --port.\n`,
    })
  })

  it('refuses arguments it does not understand', async () => {
    expect(await failing(['--port', 'many'])).toEqual({
      code: 1,
      stderr: '--port must be a whole number from 0 to 65535.\n',
    })
    expect(await failing(['--throughput', 'FAST'])).toEqual({
      code: 1,
      stderr: '--throughput must be STANDARD or HIGH.\n',
    })
    const unknown = await failing(['--colour', 'red'])
    expect(unknown.code).toBe(1)
    expect(unknown.stderr).toContain('Usage: npm run local:whatsapp')
  })

  it('ends with its parent when it is told to', async () => {
    const parent = spawn(
      process.execPath,
      [
        '-e',
        'require("node:child_process").spawn(process.execPath, process.argv.slice(1), { stdio: "inherit" })',
        mainFile,
        '--exit-with-parent',
      ],
      {
        stdio: ['ignore', 'pipe', 'inherit'],
        env: { ...process.env, ...secrets },
      },
    )
    onTestFinished(() => void parent.kill('SIGKILL'))
    const [line] = (await once(createInterface({ input: parent.stdout }), 'line')) as [string]
    const { url } = JSON.parse(line) as { url: string }
    expect(await answers(url)).toBe(true)
    parent.kill('SIGKILL')
    await until(async () => !(await answers(url)), 'the child to end')
  })
})
