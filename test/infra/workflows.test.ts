import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { Ajv } from 'ajv'
import { parse } from 'yaml'
import { describe, expect, it } from 'vitest'
import { INFRA } from './bicep.ts'

const ROOT = join(INFRA, '..')
const FOLDER = join(ROOT, '.github/workflows')
const files = readdirSync(FOLDER).sort()

interface Step {
  uses?: string
  run?: string
  env?: Record<string, string>
}
interface Job {
  needs?: string | string[]
  permissions?: Record<string, string>
  environment?: string
  steps: Step[]
}
interface Workflow {
  permissions: Record<string, string>
  jobs: Record<string, Job>
}

const text = { type: 'string', minLength: 1 }
const texts = { type: 'object', additionalProperties: { type: ['string', 'number', 'boolean'] } }
const step = {
  type: 'object',
  properties: { name: text, id: text, if: text, uses: text, run: text, with: texts, env: texts, shell: text },
  oneOf: [{ required: ['uses'] }, { required: ['run'] }],
  additionalProperties: false,
}
const permissions = { type: 'object', additionalProperties: { enum: ['read', 'write', 'none'] } }
const job = {
  type: 'object',
  properties: {
    name: text,
    if: text,
    needs: { type: ['string', 'array'] },
    'runs-on': { const: 'ubuntu-latest' },
    environment: text,
    permissions,
    'timeout-minutes': { type: 'integer', minimum: 1, maximum: 60 },
    env: texts,
    services: {
      type: 'object',
      additionalProperties: {
        type: 'object',
        properties: { image: text, ports: { type: 'array', items: text }, env: texts },
        required: ['image'],
        additionalProperties: false,
      },
    },
    steps: { type: 'array', items: step, minItems: 1 },
  },
  required: ['name', 'runs-on', 'timeout-minutes', 'steps'],
  additionalProperties: false,
}
const isWorkflow = new Ajv({ allowUnionTypes: true }).compile({
  type: 'object',
  properties: {
    name: text,
    on: { type: 'object', minProperties: 1 },
    permissions,
    concurrency: { type: 'object', required: ['group'] },
    env: texts,
    jobs: { type: 'object', additionalProperties: job, minProperties: 1 },
  },
  required: ['name', 'on', 'permissions', 'jobs'],
  additionalProperties: false,
})

const read = (name: string) => readFileSync(join(FOLDER, name), 'utf8')
const workflow = (name: string) => parse(read(name)) as Workflow // as isWorkflow checks below
const jobsOf = (name: string) => Object.entries(workflow(name).jobs)
const stepsOf = (name: string) => jobsOf(name).flatMap(([, { steps }]) => steps)
const { scripts } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')) as { scripts: Record<string, string> }

describe.each(files)('%s', (name) => {
  it('is a workflow, with a limit of time for each job', () => {
    isWorkflow(parse(read(name)))
    expect(isWorkflow.errors ?? []).toEqual([])
  })

  it('pins every action to a version', () => {
    for (const { uses } of stepsOf(name)) {
      if (uses !== undefined) expect(uses).toMatch(/^[\w-]+\/[\w./-]+@(v\d+(\.\d+)*|[0-9a-f]{40})$/)
    }
  })

  it('runs scripts and files that there are', () => {
    for (const { run = '' } of stepsOf(name)) {
      for (const [, script = ''] of run.matchAll(/npm run (?:--silent )?([\w:-]+)/g))
        expect(scripts).toHaveProperty([script])
      for (const [path] of run.matchAll(/\b(?:infra|test|local)\/[\w/.-]+/g))
        expect(existsSync(join(ROOT, path)), path).toBe(true)
    }
  })

  it('needs jobs that there are', () => {
    const names = jobsOf(name).map(([job]) => job)
    for (const [, { needs = [] }] of jobsOf(name)) expect(names).toEqual(expect.arrayContaining([needs].flat()))
  })

  it('may read the code and nothing else, but where it signs in to Azure or comments', () => {
    expect(workflow(name).permissions).toEqual({ contents: 'read' })
    for (const [job, { permissions: own = { contents: 'read' }, steps }] of jobsOf(name)) {
      const wanted: Record<string, string> = { contents: 'read' }
      if (steps.some(({ uses }) => uses?.startsWith('azure/login@'))) wanted['id-token'] = 'write'
      if (steps.some(({ run }) => run?.includes('gh pr comment'))) wanted['pull-requests'] = 'write'
      expect(own, job).toEqual(wanted)
    }
  })

  it('puts nothing that others write into a script, and no secret', () => {
    for (const { run = '' } of stepsOf(name)) expect(run).not.toContain('${{')
    expect(read(name)).not.toContain('pull_request_target')
  })

  it('keeps no credential for Azure', () => {
    expect(read(name)).not.toMatch(/AZURE_CREDENTIALS|client-secret|publish-profile/)
  })
})

describe('cd.yml', () => {
  it('gives deployment.sh what it reads, and deployment.sh gives the templates each parameter that no file of an environment has', () => {
    const script = readFileSync(join(INFRA, 'deployment.sh'), 'utf8')
    const pairs = [...script.matchAll(/^ {4}(\w+): env\.(\w+),?$/gm)].map(([, parameter = '', variable = '']) => [
      parameter,
      variable,
    ])
    const main = readFileSync(join(INFRA, 'main.bicep'), 'utf8')
    const declared = [...main.matchAll(/^param (\w+)/gm)].map(([, name = '']) => name)
    const prod = JSON.parse(readFileSync(join(INFRA, 'env/prod.parameters.json'), 'utf8')) as { parameters: object }
    const left = declared.filter((name) => !(name in prod.parameters))
    expect(pairs.map(([parameter]) => parameter).sort()).toEqual(left.sort())
    const optional = ['META_GRAPH_VERSION']
    const steps = stepsOf('cd.yml').filter(({ run }) => run?.includes('deployment.sh'))
    expect(steps).toHaveLength(2)
    for (const { env = {} } of steps)
      expect([...Object.keys(env), ...optional].sort()).toEqual(pairs.map(([, variable]) => variable).sort())
    // What would change is true only of the same values.
    expect(steps[0]?.env).toEqual(steps[1]?.env)
  })
})

describe('ci.yml', () => {
  it('does what only Microsoft’s own tools can: compile and lint Bicep, answer as Cosmos DB does, start the functions', () => {
    const all = read('ci.yml')
    for (const word of [
      'npm run check',
      'az bicep build',
      'az bicep lint',
      'azure-cosmos-emulator',
      'npm run test:stores',
      'npm run test:smoke',
    ]) {
      expect(all).toContain(word)
    }
  })
})
