import { BlobServiceClient } from '@azure/storage-blob'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { startAzurite, startHost, until, type HostProcess, type Storage } from './support.ts'

let storage: Storage
beforeAll(async () => {
  storage = await startAzurite()
})
afterAll(() => storage.stop())

const startTimerHost = (hostId: string) =>
  startHost({
    entry: 'timers.ts',
    env: {
      AzureWebJobsStorage: storage.connectionString,
      AzureFunctionsWebHost__hostid: hostId,
      EVERY_SECOND: '* * * * * *',
    },
  })

const firings = (host: HostProcess, timer: string) =>
  host.lines.filter((line) => line.event === 'fired' && line['timer'] === timer)

async function putStatus(hostId: string, timer: string, status: object): Promise<void> {
  const service = BlobServiceClient.fromConnectionString(storage.connectionString)
  const container = service.getContainerClient('azure-webjobs-hosts')
  await container.createIfNotExists()
  const text = JSON.stringify(status)
  await container.getBlockBlobClient(`timers/${hostId}/${timer}/status`).upload(text, text.length)
}

async function getStatus(hostId: string, timer: string): Promise<Record<string, string>> {
  const service = BlobServiceClient.fromConnectionString(storage.connectionString)
  const blob = service.getContainerClient('azure-webjobs-hosts').getBlobClient(`timers/${hostId}/${timer}/status`)
  return JSON.parse((await blob.downloadToBuffer()).toString()) as Record<string, string>
}

describe('a timer', () => {
  let host: HostProcess
  beforeAll(async () => {
    const missed = {
      Last: '2024-01-01T00:00:00+00:00',
      Next: '2025-01-01T00:00:00Z',
      LastUpdated: '2024-01-01T00:00:00Z',
    }
    await putStatus('one', 'yearly', missed)
    host = await startTimerHost('one')
  })
  afterAll(() => host.stop())

  it('fires at its seconds, once each', async () => {
    await until(() => firings(host, 'every-second').length >= 4, 'four seconds')
    const [first, , , fourth] = firings(host, 'every-second').map((line) => Number(line['at']))
    expect(fourth! - first!).toBeGreaterThan(2000)
    expect(firings(host, 'every-second')[0]).toMatchObject({ isPastDue: false, schedule: { adjustForDST: true } })
  })

  it('makes up for an occurrence missed while no host ran, once, and remembers it', async () => {
    const fired = await host.line((line) => line['timer'] === 'yearly')
    expect(fired).toMatchObject({ isPastDue: true, scheduleStatus: { next: '2025-01-01T00:00:00.000Z' } })
    const status = await until(async () => {
      const stored = await getStatus('one', 'yearly')
      return Date.parse(stored['Next']!) > Date.now() && stored
    }, 'the new status')
    expect(Date.parse(status['Last']!)).toBeGreaterThan(Date.now() - 60_000)
    expect(firings(host, 'yearly')).toHaveLength(1)
  })

  it('fires at the start when told to', async () => {
    expect(await host.line((line) => line['timer'] === 'at-start')).toMatchObject({ isPastDue: false })
  })

  it('is tried again as its retry policy says', async () => {
    await until(() => firings(host, 'retried').length === 3, 'two retries')
  })
})

describe('timers of two hosts on one stack', () => {
  it('fire in one of them, and in the other when the first has stopped', async () => {
    const hosts = await Promise.all([startTimerHost('two'), startTimerHost('two')])
    const first = await until(() => hosts.find((host) => firings(host, 'every-second').length >= 2), 'a host to fire')
    const other = hosts.find((host) => host !== first)!
    expect(firings(other, 'every-second')).toEqual([])
    expect(await first.stop()).toBe(0)
    await until(() => firings(other, 'every-second').length >= 1, 'the other host to fire')
    await other.stop()
  })

  it('remember when they fire next without firing', async () => {
    const status = await until(() => getStatus('two', 'yearly').catch(() => undefined), 'a status')
    expect(status).toMatchObject({ Last: '0001-01-01T00:00:00' })
    expect(Date.parse(status['Next']!)).toBeGreaterThan(Date.now())
  })
})
