import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { ENDPOINTS } from '../../functions/endpoints.ts'
import { bicepText, INFRA, resources } from './bicep.ts'

const alerts = bicepText('modules/alerts.bicep')
const sources = ['shared', 'functions'].flatMap((folder) => {
  const root = join(INFRA, '..', folder)
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  return names.map((name) => readFileSync(join(root, name), 'utf8'))
})

/** Texts that a question compares the named field of a line with. */
function asked(field: string): string[] {
  const equal = [...alerts.matchAll(new RegExp(`\\b${field} == "([^"]+)"`, 'g'))].map(([, text = '']) => text)
  const lists = [...alerts.matchAll(new RegExp(`\\b${field} in \\(([^)]+)\\)`, 'g'))]
  return [...new Set([...equal, ...lists.flatMap(([, list = '']) => list.match(/[^", ]+/g) ?? [])])].sort()
}

describe('the alerts', () => {
  it('ask for events that the code writes', () => {
    const events = asked('event')
    expect(events.length).toBeGreaterThan(5)
    const written = new Set(sources.flatMap((text) => text.match(/(?<=log\.\w+\()'[\w.]+'/g) ?? []))
    expect(events.filter((event) => !written.has(`'${event}'`))).toEqual([])
  })

  it('ask for an endpoint that there is', () => {
    expect(asked('line.endpoint')).toEqual(['webhook-receive'])
    expect(ENDPOINTS.map(({ name }) => name)).toContain('webhook-receive')
  })

  it('ask for fields that are written with those events', () => {
    const fields = new Set([...alerts.matchAll(/\bline\.(\w+)/g)].map(([, name = '']) => name))
    fields.delete('event')
    const all = sources.join('\n')
    for (const field of fields) expect(all, field).toMatch(new RegExp(`\\b${field}\\b`))
  })

  it('watch what an operator must know of, each with a name of its own and something to do in docs/operations.md', () => {
    const names = [...alerts.matchAll(/^ {4}name: '([\w-]+)'$/gm)].map(([, name = '']) => name)
    expect(names.sort()).toEqual([
      'failures',
      'ledger',
      'meta-errors',
      'poison',
      'tokens',
      'webhook-failures',
      'webhook-signatures',
    ])
    const page = readFileSync(join(INFRA, '../docs/operations.md'), 'utf8')
    for (const name of [...names, 'cosmos-throttling', 'ready']) expect(page).toContain(`\`${name}\``)
  })

  it('write to people where an address is given', () => {
    const made = resources(alerts).filter(({ type }) => /scheduledQueryRules|metricAlerts/.test(type))
    expect(made).toHaveLength(2)
    for (const { body } of made) expect(body).toMatch(/actions: .*empty\(email\) \? \[\] :/)
  })
})
