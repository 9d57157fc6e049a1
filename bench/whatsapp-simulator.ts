/**
 * What the simulator itself costs: accepted sends per second over 64 connections and CPU per send, with all its webhooks
 * delivered to a receiver in this process. `node bench/whatsapp-simulator.ts [sends] [--state]`
 *
 * The simulator is a process of its own, as in the local world, so that its CPU is not mixed with the load's.
 */
import { spawn } from 'node:child_process'
import type { ChildProcessByStdio } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Readable } from 'node:stream'
import { Pool } from 'undici'

type Ready = { url: string; phone_number_id: string; access_token: string }
type Child = ChildProcessByStdio<null, Readable, null>

const sends = Number(process.argv[2] ?? 20_000)
const connections = 64
const keepsState = process.argv.includes('--state')
const folder = mkdtempSync(join(tmpdir(), 'whatsapp-simulator-'))

let posts = 0
const receiver = createServer((request, response) => {
  request.resume()
  request.on('end', () => {
    posts += request.method === 'POST' ? 1 : 0
    response.end(new URL(request.url ?? '/', 'http://localhost').searchParams.get('hub.challenge') ?? '')
  })
})
await new Promise<void>((resolve) => receiver.listen(0, '127.0.0.1', resolve))
const { port } = receiver.address() as AddressInfo // a TCP server's address is never a path
const state = keepsState ? ['--state', join(folder, 'state.sqlite')] : []
const main = join(import.meta.dirname, '../local/whatsapp-simulator/main.ts')
const child: Child = spawn(
  process.execPath,
  [main, '--webhook-url', `http://127.0.0.1:${port}/`, '--seed', '1', ...state],
  {
    stdio: ['ignore', 'pipe', 'inherit'],
  },
)
try {
  const ready = await readyLine(child)
  await measure(ready, child.pid ?? 0)
} finally {
  child.kill('SIGTERM')
  receiver.close()
  receiver.closeAllConnections()
  rmSync(folder, { recursive: true, force: true })
}

async function measure({ url, phone_number_id: phone, access_token: token }: Ready, pid: number): Promise<void> {
  const pool = new Pool(url, { connections })
  const headers = { authorization: `Bearer ${token}`, 'content-type': 'application/json' }
  const call = async (method: 'GET' | 'POST', path: string, body?: unknown): Promise<string> => {
    const answer = await pool.request({
      method,
      path,
      headers,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await answer.body.text()
    if (answer.statusCode !== 200) throw new Error(`${path}: ${answer.statusCode} ${text}`)
    return text
  }
  // The limits of the number are not what is measured; the statuses come within a second.
  await call('POST', '/_simulator/behaviour', {
    throughput_tolerance: 1000,
    latency_ms: { sent: [10, 100], delivered: [100, 400], read: [100, 400] },
  })
  const body = [{ type: 'BODY', text: 'Hi {{1}}, hello!', example: { body_text: [['Ana']] } }]
  await call('POST', '/_simulator/templates', {
    name: 'hello',
    language: 'en',
    category: 'MARKETING',
    components: body,
  })

  const started = performance.now()
  const cpuBefore = cpuMs(pid)
  let next = 0
  const sender = async (): Promise<void> => {
    while (next < sends) {
      const number = next++
      await call('POST', `/v26.0/${phone}/messages`, {
        messaging_product: 'whatsapp',
        recipient_type: 'individual',
        to: `+1555${String(1_000_000 + number)}`,
        type: 'template',
        template: {
          name: 'hello',
          language: { code: 'en' },
          components: [{ type: 'body', parameters: [{ type: 'text', text: 'Jo' }] }],
        },
        biz_opaque_callback_data: `campaign:${number}`,
      })
    }
  }
  await Promise.all(Array.from({ length: connections }, sender))
  const sendSeconds = (performance.now() - started) / 1000
  await call('GET', '/_simulator/quiet?timeout_ms=120000')
  const allSeconds = (performance.now() - started) / 1000
  const cpu = cpuMs(pid) - cpuBefore
  const counts = await call('GET', '/_simulator/webhooks')
  process.stdout.write(
    `${sends} sends over ${connections} connections, ${keepsState ? 'with a state file' : 'in memory'}\n` +
      `  accepted per second   ${Math.round(sends / sendSeconds)}\n` +
      `  CPU per send          ${(cpu / sends).toFixed(3)} ms (its webhooks included)\n` +
      `  until all is quiet    ${allSeconds.toFixed(1)} s, ${posts} webhook POSTs\n` +
      `  webhooks              ${counts}\n`,
  )
  await pool.close()
}

async function readyLine(process: Child): Promise<Ready> {
  for await (const line of createInterface({ input: process.stdout })) {
    return JSON.parse(line) as Ready // the simulator's first line
  }
  throw new Error('The simulator ended before it was ready')
}

/** User and system time of a process, from /proc; Linux only. */
function cpuMs(pid: number): number {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]?.split(' ') ?? []
  const ticks = Number(fields[11]) + Number(fields[12])
  return ticks * 10
}
