import { describe, expect, it } from 'vitest'
import { readableLine } from '../../../local/stack/readable-line.ts'

const time = '2026-01-02T03:04:05.678Z'
const line = (fields: object) => readableLine(JSON.stringify({ time, level: 'info', ...fields }))

describe('a log line for people', () => {
  it('tells a request by its endpoint, its answer and its time', () => {
    const told = line({ event: 'http.answered', endpoint: 'campaigns-create', status: 201, ms: 34.6, request_id: 'x' })
    expect(told).toMatch(/^\d\d:\d\d:\d\d {2}campaigns-create answered 201 \(35 ms\)$/)
  })

  it('tells a webhook that failed', () => {
    expect(line({ event: 'http.answered', endpoint: 'webhook-receive', status: 503, ms: 1 })).toContain('answered 503')
  })

  it('tells all trouble with what the error said', () => {
    const error = { name: 'Error', message: 'no such queue', stack: 'Error: …' }
    expect(line({ level: 'error', event: 'queue.failed', queue: 'outbound-sends', error })).toMatch(
      / {2}ERROR queue\.failed queue=outbound-sends error="no such queue"$/,
    )
  })

  it('leaves the rest to the log file, and shows what is no log line as it is', () => {
    expect(line({ event: 'host.stopping' })).toBeUndefined()
    expect(readableLine('{"event":"ready"}')).toBeUndefined()
    expect(line({ event: 'campaign.started', campaign_id: 'c1' })).toContain('campaign.started campaign_id=c1')
    expect(readableLine('Debugger attached.')).toBe('Debugger attached.')
  })
})
