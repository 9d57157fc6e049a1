import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ENDPOINTS } from '../../functions/endpoints.ts'
import { METRICS } from '../../shared/telemetry/metrics.ts'
import { INFRA } from './bicep.ts'
import { asked, fieldsOf, SOURCES, WRITTEN } from './questions.ts'

const page = readFileSync(join(INFRA, '../docs/operations.md'), 'utf8')
const section = /## Ten questions at night\n([\s\S]*?)\n## /.exec(page)?.[1] ?? ''
const questions = [...section.matchAll(/```kusto\n([\s\S]*?)```/g)].map(([, text = '']) => text)
const all = questions.join('\n')
const named = (text: string): string[] => asked(text, 'Name')

describe('the questions of docs/operations.md', () => {
  it('are ten, each with an answer', () => {
    const numbers = [...section.matchAll(/^\*\*(\d+)\. .*\?\*\*.*\n\n```kusto$/gm)].map(([, number]) => Number(number))
    expect(numbers).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10])
  })

  it('ask for events that the code writes', () => {
    const events = asked(all, 'event')
    expect(events.length).toBeGreaterThan(2)
    expect(events.filter((event) => !WRITTEN.has(event))).toEqual([])
    const beginnings = [...all.matchAll(/event startswith "([^"]+)"/g)].map(([, text = '']) => text)
    for (const text of beginnings)
      expect(
        [...WRITTEN].some((event) => event.startsWith(text)),
        text,
      ).toBe(true)
  })

  it('ask for fields that the code writes', () => {
    const code = SOURCES.join('\n')
    const fields = fieldsOf(all, 'line')
    expect(fields).toContain('trace_id')
    for (const field of fields) expect(code, field).toMatch(new RegExp(`\\b${field}\\b`))
  })

  it('ask for metrics that there are, every one of them but the depth of poison queues, which the log has', () => {
    const { 'herald.queue.poison': _, ...others } = METRICS
    expect(named(all)).toEqual(Object.keys(others).sort())
  })

  it.each(questions.filter((text) => named(text).length > 0))('ask a metric by its own dimensions: %s', (text) => {
    const known = named(text).flatMap((name) => [...METRICS[name as keyof typeof METRICS].by])
    expect(fieldsOf(text, 'by').filter((name) => !known.some((dimension) => dimension === name))).toEqual([])
  })

  it('ask for an endpoint that there is, and call Herald as it calls itself', () => {
    const endpoints = asked(all, 'by.endpoint')
    expect(endpoints).toEqual(['webhook-receive'])
    expect(ENDPOINTS.map(({ name }) => name)).toEqual(expect.arrayContaining(endpoints))
    const [role = ''] = asked(all, 'AppRoleName')
    expect(readFileSync(join(INFRA, '../shared/telemetry/open-telemetry.ts'), 'utf8')).toContain(`NAME = '${role}'`)
  })
})
