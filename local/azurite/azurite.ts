/**
 * Azurite, Microsoft's storage emulator from npm, as a child process: blobs, queues and tables on three ports.
 * Its access log is read to count operations, so that counts survive a killed functions host.
 */
import { randomBytes } from 'node:crypto'
import { createRequire } from 'node:module'
import { startChild, type Child } from '../process/child.ts'

export interface AzuriteOptions {
  /** Folder for its state; absent: in memory. */
  location?: string
  ports?: { blob: number; queue: number; table: number }
  /** Account name to base64 key; absent: one account with a random key. */
  accounts?: Record<string, string>
  /** Files of a certificate and its key: over HTTPS, it also takes the tokens of Entra ID, and does not look who signed them. */
  tls?: { cert: string; key: string }
}

export type StorageService = 'blob' | 'queue' | 'table'
export type OperationCounts = Record<StorageService, number>

export interface Azurite {
  child: Child
  ports: { blob: number; queue: number; table: number }
  accounts: Record<string, string>
  connectionString(account: string): string
  /** Requests answered since the start, by service; `queueByMethod` tells polls (GET) from sends (POST) and deletes. */
  counts(): OperationCounts & { queueByMethod: Record<string, number> }
  stop(): Promise<void>
}

export async function startAzurite(options: AzuriteOptions = {}): Promise<Azurite> {
  const wanted = options.ports ?? { blob: 0, queue: 0, table: 0 }
  const ports = { ...wanted }
  const accounts = options.accounts ?? { herald: randomBytes(32).toString('base64') }
  const counter = operationCounter()
  const child = await startChild({
    part: 'Azurite',
    args: [
      createRequire(import.meta.url).resolve('azurite/dist/src/azurite.js'),
      ...['--blobPort', String(wanted.blob), '--queuePort', String(wanted.queue), '--tablePort', String(wanted.table)],
      ...(options.location === undefined ? ['--inMemoryPersistence'] : ['--location', options.location]),
      ...(options.tls ? ['--oauth', 'basic', '--cert', options.tls.cert, '--key', options.tls.key] : []),
      ...['--skipApiVersionCheck', '--disableProductStyleUrl', '--disableTelemetry'],
    ],
    env: {
      AZURITE_ACCOUNTS: Object.entries(accounts)
        .map(([name, key]) => `${name}:${key}`)
        .join(';'),
    },
    onLine: (line) => {
      counter.read(line)
      notePort(line, ports)
    },
    isReady: (line) => LISTENING.exec(line)?.[1] === 'Table',
  })
  return {
    child,
    ports,
    accounts,
    connectionString: (account) => connectionString(account, accounts[account] ?? '', ports),
    counts: counter.counts,
    stop: () => child.stop(),
  }
}

const LISTENING = /^Azurite (Blob|Queue|Table) service is successfully listening at https?:\/\/127\.0\.0\.1:(\d+)/

/** Port 0 lets the system choose: the start-up lines tell which. */
function notePort(line: string, ports: Azurite['ports']): void {
  const [, service = '', port = ''] = LISTENING.exec(line) ?? []
  if (service === 'Blob') ports.blob = Number(port)
  if (service === 'Queue') ports.queue = Number(port)
  if (service === 'Table') ports.table = Number(port)
}

function connectionString(account: string, key: string, ports: { blob: number; queue: number; table: number }): string {
  const endpoint = (port: number) => `http://127.0.0.1:${port}/${account}`
  return [
    'DefaultEndpointsProtocol=http',
    `AccountName=${account}`,
    `AccountKey=${key}`,
    `BlobEndpoint=${endpoint(ports.blob)}`,
    `QueueEndpoint=${endpoint(ports.queue)}`,
    `TableEndpoint=${endpoint(ports.table)}`,
  ].join(';')
}

/** Access log lines look like: 127.0.0.1 - - [date] "POST /account/queue/messages?… HTTP/1.1" 201 - */
const ACCESS = /"([A-Z]+) \/[^/\s]+\/?(\S*) HTTP/

function operationCounter() {
  const counts: OperationCounts = { blob: 0, queue: 0, table: 0 }
  const queueByMethod: Record<string, number> = {}
  const read = (line: string): void => {
    const match = ACCESS.exec(line)
    if (!match) return
    const [, method = '', path = ''] = match
    const service = serviceOf(path)
    counts[service]++
    if (service === 'queue') queueByMethod[method] = (queueByMethod[method] ?? 0) + 1
  }
  return { read, counts: () => ({ ...counts, queueByMethod: { ...queueByMethod } }) }
}

function serviceOf(path: string): StorageService {
  if (/^[a-z0-9-]+\/messages/.test(path)) return 'queue'
  if (path.startsWith('$batch') || path.startsWith('Tables') || /^[A-Za-z0-9]+\(/.test(path)) return 'table'
  return /^[A-Za-z][A-Za-z0-9]+(\?|$)/.test(path) && !path.includes('restype=') && !path.includes('comp=')
    ? 'table'
    : 'blob'
}
