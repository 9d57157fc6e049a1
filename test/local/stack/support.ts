/** Runs `npm start`'s program as a person would, and looks for what it leaves behind. */
import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as delay } from 'node:timers/promises'

const start = fileURLToPath(new URL('../../../local/start.ts', import.meta.url))

export interface Launcher {
  child: ChildProcess
  /** Everything it printed so far. */
  output(): string
  /** The exit code; null if a signal ended it. */
  ended: Promise<number | null>
  signal(name: NodeJS.Signals): Promise<number | null>
}

export function launch(parameters: string[], port: number): Launcher {
  // The parts a developer's shell may name are not what these tests are about.
  const { AzureWebJobsStorage: _storage, COSMOS_ENDPOINT: _cosmos, META_GRAPH_URL: _graph, ...rest } = process.env
  const child = spawn(process.execPath, [start, ...parameters], { env: { ...rest, PORT: String(port) } })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text))
  child.stderr.setEncoding('utf8').on('data', (text: string) => (output += text))
  // 'close' comes after the last output.
  const ended = once(child, 'close').then(([code]) => code as number | null)
  return {
    child,
    output: () => output,
    ended,
    signal(name) {
      child.kill(name)
      return ended
    },
  }
}

/** Resolves with the launcher when it has said that everything is ready. */
export async function launched(parameters: string[], port: number): Promise<Launcher> {
  const launcher = launch(parameters, port)
  const failed = launcher.ended.then((code) => `it ended with ${String(code)}: ${launcher.output()}`)
  const problem = await Promise.race([until(() => launcher.output().includes('Ctrl-C stops'), 'ready'), failed])
  if (problem !== undefined) throw new Error(problem)
  return launcher
}

export async function until(isTrue: () => boolean, what: string, withinMs = 40_000): Promise<undefined> {
  const deadline = performance.now() + withinMs
  while (!isTrue()) {
    if (performance.now() > deadline) throw new Error(`Waited in vain: ${what}`)
    await delay(25)
  }
  return undefined
}

/** Ids of the processes this one has started, with theirs. */
export function descendants(pid: number): number[] {
  const children = processes().filter(({ parent }) => parent === pid)
  return children.flatMap(({ pid: child }) => [child, ...descendants(child)])
}

/** A zombie runs no more: it waits for whoever inherited it to take note. */
export function isRunning(pid: number): boolean {
  return processes().some((one) => one.pid === pid && !one.state.startsWith('Z'))
}

interface Process {
  pid: number
  parent: number
  state: string
}

/** From /proc where there is one: small machines have no `ps`. */
function processes(): Process[] {
  if (existsSync('/proc/self/stat')) return readdirSync('/proc').flatMap((name) => processIn(`/proc/${name}/stat`))
  const lines = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,stat='], { encoding: 'utf8' }).trim().split('\n')
  return lines.map((line) => {
    const [pid, parent, state = ''] = line.trim().split(/\s+/)
    return { pid: Number(pid), parent: Number(parent), state }
  })
}

function processIn(path: string): Process[] {
  if (!/^\/proc\/\d/.test(path)) return []
  try {
    // The name, in brackets, may hold anything: what follows it is state and parent.
    const text = readFileSync(path, 'utf8')
    const [state = '', parent] = text.slice(text.lastIndexOf(')') + 2).split(' ')
    return [{ pid: Number.parseInt(text), parent: Number(parent), state }]
  } catch {
    // It ended between being listed and being read.
    return []
  }
}

export function aFolder(): { path: string; remove(): void } {
  const path = mkdtempSync(join(tmpdir(), 'herald-stack-'))
  return { path, remove: () => rmSync(path, { recursive: true, force: true }) }
}
