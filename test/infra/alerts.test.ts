import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ENDPOINTS } from '../../functions/endpoints.ts'
import { bicepText, INFRA, resources } from './bicep.ts'
import { asked, fieldsOf, SOURCES, WRITTEN } from './questions.ts'

const alerts = bicepText('modules/alerts.bicep')

describe('the alerts', () => {
  it('ask for events that the code writes', () => {
    const events = asked(alerts, 'event')
    expect(events.length).toBeGreaterThan(5)
    expect(events.filter((event) => !WRITTEN.has(event))).toEqual([])
  })

  it('ask for an endpoint that there is', () => {
    expect(asked(alerts, 'line.endpoint')).toEqual(['webhook-receive'])
    expect(ENDPOINTS.map(({ name }) => name)).toContain('webhook-receive')
  })

  it('ask what the host saw of functions that there are, and not of what Herald traces itself', () => {
    expect(asked(alerts, 'Name')).toEqual(['webhook-receive'])
    const [, role = ''] = /AppRoleName != "(\w+)"/.exec(alerts) ?? []
    expect(SOURCES.join('\n')).toContain(`NAME = '${role}'`)
  })

  it('miss no line for sampling: host.json keeps every line of the log and every invocation, and not what the host says of each', () => {
    const { logging } = JSON.parse(readFileSync(join(INFRA, '../host.json'), 'utf8')) as {
      logging: {
        logLevel: Record<string, string>
        applicationInsights: { samplingSettings: { excludedTypes: string } }
      }
    }
    const kept = logging.applicationInsights.samplingSettings.excludedTypes.split(';')
    expect(kept).toEqual(expect.arrayContaining(['Request', 'Trace', 'Exception']))
    // As the host has it: the longest beginning of the category decides.
    const levelOf = (category: string) => {
      const [first] = Object.keys(logging.logLevel)
        .filter((name) => category === name || category.startsWith(`${name}.`))
        .sort((one, two) => two.length - one.length)
      return logging.logLevel[first ?? 'default']
    }
    expect(levelOf('Host.Function.Console')).toBe('Information')
    expect(levelOf('Host.Results')).toBe('Information')
    expect(levelOf('Function.webhook-receive')).toBe('Warning')
  })

  it('ask for fields that are written with those events', () => {
    const all = SOURCES.join('\n')
    for (const field of fieldsOf(alerts, 'line')) expect(all, field).toMatch(new RegExp(`\\b${field}\\b`))
  })

  it('watch what an operator must know of, each with a name of its own and something to do in docs/operations.md', () => {
    const names = [...alerts.matchAll(/^ {4}name: '([\w-]+)'$/gm)].map(([, name = '']) => name)
    expect(names.sort()).toEqual([
      'failures',
      'ledger',
      'meta-errors',
      'poison',
      'silence',
      'tokens',
      'webhook-failures',
      'webhook-signatures',
    ])
    const page = readFileSync(join(INFRA, '../docs/operations.md'), 'utf8')
    for (const name of [...names, 'cosmos-throttling']) expect(page).toContain(`\`${name}\``)
  })

  it('write to people where an address is given', () => {
    const made = resources(alerts).filter(({ type }) => /scheduledQueryRules|metricAlerts/.test(type))
    expect(made).toHaveLength(2)
    for (const { body } of made) expect(body).toMatch(/actions: .*empty\(email\) \? \[\] :/)
  })
})
