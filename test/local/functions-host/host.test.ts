import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { readHostConfig } from '../../../local/functions-host/host-config.ts'
import { startFunctionsHost } from '../../../local/functions-host/host.ts'
import { createBackOff } from '../../../local/functions-host/queue-trigger.ts'
import { connectionString, resolveSettings } from '../../../local/functions-host/settings.ts'
import { retryWait } from '../../../local/functions-host/timer-trigger.ts'
import type { LogLine } from './support.ts'

describe('a host inside another program', () => {
  it('lists its functions in name order, logs where told, and is the only one of its process', async () => {
    const lines: LogLine[] = []
    const options = {
      entry: 'http.ts',
      root: join(import.meta.dirname, 'probes'),
      log: (line: string) => void lines.push(JSON.parse(line) as LogLine),
    }
    const host = await startFunctionsHost(options)
    expect(host.functions.slice(0, 4).map(({ name }) => name)).toEqual([
      'a-literal',
      'B-parameter',
      'bytes',
      'c-literal',
    ])
    expect(host.functions[0]).toEqual({ name: 'a-literal', trigger: 'http', route: 'order/early', methods: ['GET'] })
    expect(await (await fetch(`${host.url}/order/early`)).text()).toBe('a-literal')
    await fetch(`${host.url}/logs`)
    expect(lines[0]).toMatchObject({ event: 'function.log', message: 'plain { n: 1 }', function: 'logs' })
    await expect(startFunctionsHost(options)).rejects.toThrow('another process')
    await host.close()
    await expect(fetch(`${host.url}/order/early`)).rejects.toThrow()
  })
})

describe('host.json', () => {
  const read = async (content: object) => {
    const folder = await mkdtemp(join(tmpdir(), 'functions-host-'))
    await writeFile(join(folder, 'host.json'), JSON.stringify(content))
    return readHostConfig(folder).finally(() => rm(folder, { recursive: true }))
  }

  it('has the real host’s defaults', async () => {
    const { extensions } = await read({ version: '2.0' })
    expect(extensions).toEqual({
      http: { routePrefix: 'api' },
      queues: {
        batchSize: 16,
        newBatchThreshold: 8,
        maxDequeueCount: 5,
        visibilityTimeout: 0,
        maxPollingInterval: 60_000,
        messageEncoding: 'base64',
      },
    })
  })

  it('is refused when Azure would refuse it', async () => {
    await expect(read({ version: '2.0', extensions: { queues: { batchSize: 33 } } })).rejects.toThrow('batchSize')
    await expect(read({ version: '2.0', extensions: { queues: { visibilityTimeout: '30' } } })).rejects.toThrow(
      'time span',
    )
    await expect(read({ version: '1.0' })).rejects.toThrow('version')
  })
})

describe('a connection', () => {
  it('is the setting that the binding names, with or without the AzureWebJobs prefix', () => {
    expect(connectionString('Other', { Other: 'a' })).toBe('a')
    expect(connectionString('Other', { AzureWebJobsOther: 'b', Other: 'a' })).toBe('b')
  })

  it('by identity is refused with a sentence that says why', () => {
    const environment = { AzureWebJobsStorage__queueServiceUri: 'https://account.queue.example.test' }
    expect(() => connectionString('AzureWebJobsStorage', environment)).toThrow('works only in Azure')
  })

  it('and a queue name may stand in settings', () => {
    expect(resolveSettings('x-%A%-%B%', { A: '1', B: '2' })).toBe('x-1-2')
    expect(() => resolveSettings('%GONE%', {})).toThrow('GONE')
  })
})

describe('waiting', () => {
  it('for messages doubles from 100 ms up to the longest and starts over after a find', () => {
    const backOff = createBackOff(1000)
    const waits = Array.from({ length: 7 }, () => backOff.next())
    const expected = [100, 200, 400, 800, 1000, 1000, 1000]
    for (const [index, wait] of waits.entries()) expect(Math.abs(wait / expected[index]! - 1)).toBeLessThanOrEqual(0.21)
    backOff.reset()
    expect(backOff.next()).toBeLessThanOrEqual(120)
  })

  it('for the retry of a timer follows its policy', () => {
    expect(retryWait({ retryStrategy: 'fixedDelay', delayInterval: { seconds: 3 } }, 5)).toBe(3000)
    const exponential = {
      retryStrategy: 'exponentialBackoff',
      minimumInterval: { seconds: 2 },
      maximumInterval: { seconds: 9 },
    }
    expect([0, 1, 2, 3].map((count) => retryWait(exponential, count))).toEqual([2000, 4000, 8000, 9000])
  })
})
