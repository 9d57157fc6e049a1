import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ENDPOINTS } from '../../functions/endpoints.ts'
import { FALLBACK_NAME } from '../../functions/register.ts'
import type { RegisteredFunction } from '../../local/functions-host/core-types.ts'
import { loadApp } from '../../local/functions-host/load-app.ts'
import { functionsInNameOrder } from '../../local/functions-host/registry.ts'
import { buildRoutes, methodsOf, routeOf, type RouteTable } from '../../local/functions-host/routes.ts'
import { QUEUES } from '../../shared/azure/resources.ts'
import { loadConfig } from '../../shared/config.ts'
import { newUuid } from '../../shared/ids.ts'
import { QUEUE_MESSAGES } from '../../shared/queue/messages.ts'
import { aWorld, type World } from '../support/world.ts'

// What functions/index.ts registers, through the real library.
let world: World
let functions: RegisteredFunction[]
let routes: RouteTable
beforeAll(async () => {
  world = await aWorld()
  expect(loadConfig(world.env)).toBeDefined()
  Object.assign(process.env, world.env)
  await loadApp({ entry: 'functions/index.ts', root: fileURLToPath(new URL('../..', import.meta.url)) })
  functions = functionsInNameOrder()
  routes = buildRoutes(triggeredBy('httpTrigger'), '')
})
afterAll(() => world.close())

function triggeredBy(type: string): RegisteredFunction[] {
  return functions.filter(({ trigger }) => trigger.type === type)
}

/** The path with an id in the place of every parameter. */
function anAddressOf(path: string): string {
  return `/${path.replace(/\{\w+\}/g, () => newUuid())}`
}

describe('the routes, under the host’s rule that the first fit in name order wins', () => {
  it('lead every endpoint’s own address to itself: none is in the shadow of another', () => {
    for (const { name, method, path } of ENDPOINTS) {
      const digits = `/${path.replace(/\{\w+\}/g, '106540000000001')}`
      for (const address of [anAddressOf(path), digits, `${anAddressOf(path)}/`, anAddressOf(path).toUpperCase()]) {
        expect(routes.match(method, address)?.fn.metadata.name, `${method} ${address}`).toBe(name)
      }
    }
  })

  it('are all declared endpoints and the fallback', () => {
    const registered = triggeredBy('httpTrigger').map(({ metadata }) => metadata.name)
    expect(registered.sort()).toEqual([...ENDPOINTS.map(({ name }) => name), FALLBACK_NAME].sort())
  })

  it('are taken by nobody else: no two have the same method and path', () => {
    const places = ENDPOINTS.map(({ method, path }) => `${method} ${path.replace(/\{\w+\}/g, '{}')}`.toUpperCase())
    expect(places.filter((place, index) => places.indexOf(place) !== index)).toEqual([])
  })

  it('have names that differ in more than letter case', () => {
    expect(new Set(ENDPOINTS.map(({ name }) => name.toUpperCase())).size).toBe(ENDPOINTS.length)
  })

  it('are one method and the declared path each, open to our own authentication', () => {
    for (const { name, method, path } of ENDPOINTS) {
      const fn = functions.find(({ metadata }) => metadata.name === name)!
      expect([methodsOf(fn), routeOf(fn), fn.trigger['authLevel']]).toEqual([[method], path, 'anonymous'])
    }
  })

  it('leave to the fallback, sorted last, whatever no endpoint takes', () => {
    expect(triggeredBy('httpTrigger').at(-1)?.metadata.name).toBe(FALLBACK_NAME)
    const nobody = ['/', '/api', '/api/contacts/a/b/c', '/nothing', '/webhook/more']
    for (const method of ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS']) {
      for (const path of nobody) expect(routes.match(method, path)?.fn.metadata.name).toBe(FALLBACK_NAME)
    }
    for (const { path } of ENDPOINTS) {
      expect(routes.match('OPTIONS', anAddressOf(path))?.fn.metadata.name).toBe(FALLBACK_NAME)
      expect(routes.match('HEAD', anAddressOf(path))?.fn.metadata.name).toBe(FALLBACK_NAME)
    }
  })

  it('have parameters that the endpoint declares, and no others', () => {
    for (const { name, path, params, entity } of ENDPOINTS) {
      const inPath = [...path.matchAll(/\{(\w+)\}/g)].map(([, parameter]) => parameter)
      expect(inPath.sort(), name).toEqual(Object.keys(params?.shape ?? {}).sort())
      if (entity) expect(inPath, name).toContain(entity.param)
    }
  })

  it('that ask for membership can tell of which workspace', () => {
    for (const { name, allow, entity, ...parts } of ENDPOINTS) {
      if (allow === 'anyone' || allow === 'user') continue
      const shapes = [parts.params, parts.query, parts.body].map((schema) =>
        schema && 'shape' in schema ? schema.shape : {},
      )
      const names = shapes.some((shape) => 'workspace_id' in (shape as object))
      expect(names || entity !== undefined, name).toBe(true)
    }
  })
})

describe('the queues', () => {
  it('have a handler each, and every handler has a queue', () => {
    const handled = triggeredBy('queueTrigger').map(({ trigger }) => trigger['queueName'])
    expect(handled.sort()).toEqual([...QUEUES].sort())
  })

  it('have a schema each for what they carry', () => {
    expect(Object.keys(QUEUE_MESSAGES).sort()).toEqual([...QUEUES].sort())
  })

  it('are read with the connection that the settings have', () => {
    for (const { trigger } of triggeredBy('queueTrigger')) expect(trigger['connection']).toBe('AzureWebJobsStorage')
  })

  it('have names that Storage takes, poison twin included', () => {
    for (const name of QUEUES) expect(`${name}-poison`).toMatch(/^(?!.*--)[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/)
  })
})
