/** Starts what the functions host's tests need as child processes: hosts with a probe app, and an Azurite of their own. */
import { spawn, type ChildProcess } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { fileURLToPath } from 'node:url'
import { createInterface } from 'node:readline'
import { setTimeout as delay } from 'node:timers/promises'

const repository = fileURLToPath(new URL('../../..', import.meta.url))
const probes = fileURLToPath(new URL('probes', import.meta.url))

export interface LogLine {
  readonly event?: string
  readonly message?: string
  readonly function?: string
  readonly [field: string]: unknown
}

export interface HostProcess {
  readonly url: string
  readonly pid: number
  readonly lines: LogLine[]
  readonly child: ChildProcess
  readonly stderr: () => string
  /** The first line that fits, now or later. */
  line(fits: (line: LogLine) => boolean): Promise<LogLine>
  /** Resolves with the exit code. */
  stop(signal?: NodeJS.Signals): Promise<number | null>
}

interface HostSettings {
  entry: string
  root?: string
  args?: string[]
  env?: Record<string, string>
}

/** A host as a program; rejects with its stderr if it ends before it is ready. */
export async function startHost({ entry, root = probes, args = [], env = {} }: HostSettings): Promise<HostProcess> {
  const { child, lines, stderr } = spawnHost({ entry, root, args, env })
  const ended = once(child, 'exit').then(() => undefined)
  const line: HostProcess['line'] = (fits) => until(() => lines.find(fits), 'a log line that fits')
  const ready = await Promise.race([line((one) => one.event === 'ready'), ended])
  if (!ready) throw new Error(stderr())
  return {
    url: String(ready['url']),
    pid: child.pid!,
    lines,
    child,
    stderr,
    line,
    async stop(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) {
        child.kill(signal)
        await ended
      }
      return child.exitCode
    },
  }
}

function spawnHost({ entry, root, args, env }: Required<HostSettings>) {
  const main = `${repository}/local/functions-host/main.ts`
  const parameters = [main, '--root', root, '--entry', entry, '--port', '0', ...args]
  const { AzureWebJobsStorage: _unset, ...inherited } = process.env
  const child = spawn(process.execPath, parameters, { env: { ...inherited, ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
  const lines: LogLine[] = []
  let errors = ''
  createInterface(child.stdout).on('line', (line) => lines.push(parsed(line)))
  child.stderr.on('data', (chunk) => (errors += String(chunk)))
  return { child, lines, stderr: () => errors }
}

function parsed(line: string): LogLine {
  try {
    return JSON.parse(line) as LogLine
  } catch {
    return { raw: line }
  }
}

/** Polls a condition, with a deadline, until it gives a value. */
export async function until<T>(
  condition: () => T | undefined | false | Promise<T | undefined | false>,
  what: string,
  seconds = 60,
): Promise<T> {
  const deadline = Date.now() + seconds * 1000
  for (;;) {
    const value = await condition()
    if (value !== undefined && value !== false) return value
    if (Date.now() > deadline) throw new Error(`Waited ${seconds} s for ${what}`)
    await delay(15)
  }
}

export interface Storage {
  readonly connectionString: string
  stop(): Promise<void>
}

/** An Azurite in memory, with an account of its own. */
export async function startAzurite(): Promise<Storage> {
  const [blobPort, queuePort, tablePort] = await Promise.all([freePort(), freePort(), freePort()])
  const key = randomBytes(32).toString('base64')
  const ports = ['--blobPort', `${blobPort}`, '--queuePort', `${queuePort}`, '--tablePort', `${tablePort}`]
  const flags = ['--inMemoryPersistence', '--silent', '--skipApiVersionCheck', '--disableTelemetry']
  const script = `${repository}/node_modules/azurite/dist/src/azurite.js`
  const child = spawn(process.execPath, [script, ...ports, ...flags], {
    env: { ...process.env, AZURITE_ACCOUNTS: `local:${key}` },
    stdio: 'ignore',
  })
  const at = (port: number) => `http://127.0.0.1:${port}/local`
  const endpoints = `BlobEndpoint=${at(blobPort)};QueueEndpoint=${at(queuePort)};TableEndpoint=${at(tablePort)}`
  const isUp = (port: number) => () =>
    fetch(at(port)).then(
      () => true,
      () => false,
    )
  await Promise.all([blobPort, queuePort].map((port) => until(isUp(port), 'Azurite to start'))).catch(
    (error: unknown) => {
      child.kill('SIGKILL')
      throw error
    },
  )
  return {
    connectionString: `DefaultEndpointsProtocol=http;AccountName=local;AccountKey=${key};${endpoints}`,
    async stop() {
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
  }
}

export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
