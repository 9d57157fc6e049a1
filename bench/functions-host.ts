/**
 * Measures what the functions host costs for one request: requests per second and CPU per request of a function that does
 * nothing, at 1 and 64 connections, beside a bare node:http server. Run: node bench/functions-host.ts
 * Server and client share the machine; CPU is the server process's own.
 */
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { Pool } from 'undici'

const seconds = 4
const repository = fileURLToPath(new URL('..', import.meta.url))

const bareServer = `
  const { createServer } = require('node:http')
  const server = createServer((request, response) => response.setHeader('content-type', 'text/plain').end('ok'))
  server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ event: 'ready', url: 'http://127.0.0.1:' + server.address().port })))`

const hostMain = `${repository}/local/functions-host/main.ts`
const probe = `${repository}/test/local/functions-host/probes`
const subjects = [
  { name: 'bare node:http', parameters: ['-e', bareServer] },
  { name: 'functions host', parameters: [hostMain, '--root', probe, '--entry', 'empty.ts', '--port', '0'] },
]

for (const { name, parameters } of subjects) {
  const child = spawn(process.execPath, parameters, { stdio: ['ignore', 'pipe', 'inherit'] })
  const url = await readyUrl(child)
  for (const connections of [1, 64]) {
    await load(url, connections, 1)
    const { perSecond, cpuMilliseconds } = await measured(child, () => load(url, connections, seconds))
    const figures = [
      name.padEnd(16),
      `${connections} connections`.padStart(15),
      `${Math.round(perSecond)} requests/s`.padStart(18),
      `${cpuMilliseconds.toFixed(3)} ms CPU per request`.padStart(28),
    ]
    console.log(figures.join(''))
  }
  child.kill('SIGKILL')
  await once(child, 'exit')
}

async function readyUrl(child: ChildProcess): Promise<string> {
  if (!child.stdout) throw new Error('The server has no stdout')
  for await (const line of createInterface(child.stdout)) {
    // Only the ready line carries a url, and both servers print it as JSON.
    const { url } = JSON.parse(line) as { url?: string }
    if (url !== undefined) return url
  }
  throw new Error('The server ended before it was ready')
}

/** Requests in a closed loop on each connection; returns how many were answered. */
async function load(url: string, connections: number, forSeconds: number): Promise<number> {
  const pool = new Pool(url, { connections })
  const end = Date.now() + forSeconds * 1000
  let answered = 0
  const work = async () => {
    while (Date.now() < end) {
      const { statusCode, body } = await pool.request({ path: '/empty', method: 'GET' })
      await body.dump()
      if (statusCode !== 200) throw new Error(`Answered ${statusCode}`)
      answered += 1
    }
  }
  await Promise.all(Array.from({ length: connections }, work))
  await pool.close()
  return answered
}

async function measured(child: ChildProcess, work: () => Promise<number>) {
  const startedAt = performance.now()
  const cpuBefore = await cpuSeconds(child)
  const count = await work()
  const cpu = (await cpuSeconds(child)) - cpuBefore
  return { perSecond: (count / (performance.now() - startedAt)) * 1000, cpuMilliseconds: (cpu / count) * 1000 }
}

/** CPU time the process has used, in ticks of 10 ms; Linux only. */
async function cpuSeconds({ pid }: ChildProcess): Promise<number> {
  const stat = await readFile(`/proc/${pid}/stat`, 'utf8')
  const [user, system] = stat.slice(stat.lastIndexOf(')')).split(' ').slice(12, 14).map(Number)
  return ((user ?? 0) + (system ?? 0)) / 100
}
