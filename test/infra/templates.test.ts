import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { bicepFiles, INFRA, keysOf, modules, outputs, parameters, property, resources } from './bicep.ts'

const files = bicepFiles()
const main = files['main.bicep'] ?? ''
const all = Object.values(files).join('\n')
const read = (name: string) => readFileSync(join(INFRA, name), 'utf8')

describe('main.bicep', () => {
  it.each(modules(main))('gives $type its parameters, and no other', ({ type, body }) => {
    const declared = parameters(files[type] ?? '')
    const given = keysOf(body, 'params')
    expect(given.filter((name) => !declared.has(name))).toEqual([])
    expect([...declared].filter(([name, { required }]) => required && !given.includes(name))).toEqual([])
  })

  it('uses every module, and only outputs that its module has', () => {
    const used = modules(main)
    expect(used.map(({ type }) => type).sort()).toEqual(
      Object.keys(files)
        .filter((name) => name !== 'main.bicep')
        .sort(),
    )
    for (const [, symbol, name] of main.matchAll(/(\w+)\.outputs\.(\w+)/g)) {
      const file = used.find((module) => module.symbol === symbol)?.type ?? ''
      expect(outputs(files[file] ?? '').map((output) => output.name)).toContain(name)
    }
  })

  it('makes the resource group, with the tag by which azd finds it, and all else in it and after it', () => {
    const [group, ...others] = modules(main)
    expect(group).toMatchObject({ symbol: 'group', type: 'modules/group.json' })
    expect(group?.body).not.toContain('scope:')
    expect(main).toContain("var tags = { 'azd-env-name': environmentName }")
    const { $schema, resources: made } = JSON.parse(read('modules/group.json')) as {
      $schema: string
      resources: object[]
    }
    expect($schema).toContain('/subscriptionDeploymentTemplate.json#')
    const given = Object.fromEntries(['name', 'location', 'tags'].map((name) => [name, `[parameters('${name}')]`]))
    expect(made).toEqual([{ type: 'Microsoft.Resources/resourceGroups', apiVersion: '2024-11-01', ...given }])
    const after = new Set(['group'])
    for (const { symbol, body } of others) {
      expect(property(body, 'scope'), symbol).toBe('resourceGroup(groupName)')
      const [, waited = ''] = /dependsOn: \[(\w+)\]/.exec(body) ?? []
      const reads = [...body.matchAll(/(\w+)\.outputs\./g)].map(([, name = '']) => name)
      expect(
        [waited, ...reads].some((name) => after.has(name)),
        symbol,
      ).toBe(true)
      after.add(symbol)
    }
  })

  it('makes the function app after its roles, which it starts with', () => {
    expect(modules(main).find(({ symbol }) => symbol === 'functionApp')?.body).toContain('dependsOn: [roles]')
  })
})

describe('main.parameters.json', () => {
  const given = (JSON.parse(read('main.parameters.json')) as { parameters: Record<string, { value: string }> })
    .parameters

  it('gives each parameter that has no default, and none that is not declared', () => {
    const declared = parameters(main)
    expect(Object.keys(given).filter((name) => !declared.has(name))).toEqual([])
    expect([...declared].filter(([name, { required }]) => required && !(name in given))).toEqual([])
  })

  it('holds no value itself: all come from the environment', () => {
    for (const { value } of Object.values(given)) expect(value).toMatch(/^\$\{[A-Z_]+(=[A-Za-z0-9_]*)?\}$/)
  })
})

describe('the parameter files of the environments', () => {
  const names = readdirSync(join(INFRA, 'env')).sort()
  const valuesOf = (name: string) =>
    (JSON.parse(read(`env/${name}`)) as { parameters: Record<string, { value: unknown }> }).parameters

  it('are there for dev, test and prod, and say the same things', () => {
    expect(names).toEqual(['dev', 'prod', 'test'].map((name) => `${name}.parameters.json`))
    const [first, ...others] = names.map((name) => Object.keys(valuesOf(name)))
    for (const other of others) expect(other).toEqual(first)
  })

  it.each(names)('%s gives parameters that are declared, in their types and bounds, and no secret', (name) => {
    for (const [parameter, { value }] of Object.entries(valuesOf(name))) {
      const [, rules = '', type] = new RegExp(`\\n\\n((?:@.*\\n)*)param ${parameter} (\\w+)`).exec(main) ?? []
      expect(type, parameter).toBe(typeof value === 'number' ? 'int' : typeof value === 'boolean' ? 'bool' : 'string')
      expect(rules, parameter).not.toContain('@secure()')
      const [, allowed] = /@allowed\(\[(.*)\]\)/.exec(rules) ?? []
      if (allowed !== undefined) expect(allowed.replaceAll("'", '').split(', ')).toContain(String(value))
      const bound = (word: string) => Number(new RegExp(`@${word}Value\\((\\d+)\\)`).exec(rules)?.[1] ?? Number(value))
      if (typeof value === 'number') {
        expect(value).toBeGreaterThanOrEqual(bound('min'))
        expect(value).toBeLessThanOrEqual(bound('max'))
      }
    }
  })

  it('leave to whoever deploys what only they have: the Meta app, secrets, clients, addresses', () => {
    const left = [...parameters(main).keys()].filter((name) => !(name in valuesOf('prod.parameters.json')))
    expect(
      left.filter(
        (name) => !/^(meta|google|github|jwtKeys|tokenEncryptionKey|publicUrl|corsOrigins|alertEmail)/.test(name),
      ),
    ).toEqual([])
  })
})

describe('the resources', () => {
  it('have no keys to be reached with, and hand none out', () => {
    expect(all).not.toMatch(/\blist\w*\(/)
    expect(files['modules/storage.bicep']).toContain('allowSharedKeyAccess: false')
    expect(files['modules/storage.bicep']).toContain('allowBlobPublicAccess: false')
    expect(files['modules/cosmos.bicep']).toContain('disableLocalAuth: true')
    expect(files['modules/monitoring.bicep']).toContain('DisableLocalAuth: true')
    expect(files['modules/key-vault.bicep']).toContain('enableRbacAuthorization: true')
    for (const { name, value } of Object.values(files).flatMap(outputs)) {
      expect(`${name} = ${value}`).not.toMatch(/key[^V]|secret|connectionString|password/i)
    }
  })

  it('are open to the identity: storage, secrets, one key, telemetry and Cosmos DB data', () => {
    const roles = files['modules/roles.bicep'] ?? ''
    const assigned = resources(roles).filter(({ existing }) => !existing)
    const scopes = assigned.map(({ body }) => /\n {2,4}scope: (\w+)\n/.exec(body)?.[1] ?? 'cosmosAccount')
    expect(scopes.sort()).toEqual(['applicationInsights', 'cosmosAccount', 'keyVault', 'storageAccount', 'wrappingKey'])
    for (const { body } of assigned) expect(body).toContain('principalId: identity.properties.principalId')
    for (const role of ['storageBlobDataOwner', 'storageQueueDataContributor', 'storageTableDataContributor']) {
      expect(roles).toMatch(new RegExp(`^  ${role}: '[-0-9a-f]{36}'$`, 'm'))
    }
  })

  it('run the Node.js version the project is tested with', () => {
    const { devDependencies, main: entry } = JSON.parse(read('../package.json')) as {
      devDependencies: Record<string, string>
      main: string
    }
    const major = devDependencies['node']?.split('.')[0]
    expect(parameters(main).get('nodeVersion')?.fallback).toBe(`'${major}'`)
    expect(entry).toBe('dist/index.cjs')
  })

  it('carry the tag by which azd finds the service of azure.yaml', () => {
    const [, service] = /^services:\n {2}(\w+):/m.exec(read('../azure.yaml')) ?? []
    expect(files['modules/function-app.bicep']).toContain(`'azd-service-name': '${service}'`)
  })
})
