/** Partial document update: the six operations and the filter predicate, all or nothing. */
import { badRequest, preconditionFailed } from '../errors.ts'
import { isObject } from '../json.ts'
import type { Json, JsonObject } from '../json.ts'
import { matchesPredicate } from '../sql/predicate.ts'

export interface PatchRequest {
  operations: JsonObject[]
  condition: string | undefined
}

const mostOperations = 10
const systemProperties = new Set(['_rid', '_self', '_etag', '_attachments', '_ts'])

export function readPatchRequest(body: unknown): PatchRequest {
  const operations: unknown = Array.isArray(body) ? body : isObject(body) ? body['operations'] : undefined
  if (!Array.isArray(operations) || operations.length === 0 || !operations.every(isObject)) {
    throw badRequest('The patch request has no operations.')
  }
  if (operations.length > mostOperations) {
    throw badRequest(`The number of patch operations can't exceed '${mostOperations}'.`)
  }
  const condition = isObject(body) ? body['condition'] : undefined
  if (condition !== undefined && typeof condition !== 'string')
    throw badRequest('The condition of a patch is a string.')
  return { operations, condition }
}

/** The document after the patch; the one given is not kept. */
export function patched(document: JsonObject, { operations, condition }: PatchRequest): JsonObject {
  if (condition !== undefined && !matchesPredicate(document, condition)) throw preconditionFailed()
  operations.forEach((operation, index) => {
    apply(document, operation, `For Operation(${index + 1}): `)
  })
  return document
}

interface Target {
  parent: JsonObject | Json[]
  name: string
  /** Says which operation failed. */
  prefix: string
}

type Operation = (target: Target, operation: JsonObject, document: JsonObject) => void

const operationsByName: Record<string, Operation> = {
  add: (target, operation) => put(target, valueOf(target, operation), true),
  set: (target, operation) => put(target, valueOf(target, operation), false),
  replace(target, operation) {
    if (get(target) === undefined)
      throw badRequest(`${target.prefix}Replace Operation can only be performed on an existing path.`)
    put(target, valueOf(target, operation), false)
  },
  remove(target) {
    if (get(target) === undefined)
      throw badRequest(`${target.prefix}Remove Operation can only be performed on an existing path.`)
    take(target)
  },
  incr: increment,
  move,
}

function apply(document: JsonObject, operation: JsonObject, prefix: string): void {
  const name = operation['op']
  const run = typeof name === 'string' && Object.hasOwn(operationsByName, name) ? operationsByName[name] : undefined
  if (!run) throw badRequest(`${prefix}the operation '${JSON.stringify(name ?? null)}' is not supported.`)
  run(targetOf(document, operation['path'], prefix), operation, document)
}

function targetOf(document: JsonObject, path: Json | undefined, prefix: string): Target {
  const names = pathNames(path, prefix)
  const name = names.pop() ?? ''
  let parent: Json | undefined = document
  for (const step of names) parent = childOf(parent, step)
  if (!isObject(parent) && !Array.isArray(parent))
    throw badRequest(`${prefix}the parent of '${JSON.stringify(path)}' does not exist.`)
  return { parent, name, prefix }
}

/** A JSON pointer: `~1` stands for `/`, `~0` for `~`. */
function pathNames(path: Json | undefined, prefix: string): string[] {
  if (typeof path !== 'string' || !path.startsWith('/') || path === '/') {
    throw badRequest(`${prefix}the path '${JSON.stringify(path ?? null)}' is invalid.`)
  }
  const names = path
    .slice(1)
    .split('/')
    .map((name) => name.replaceAll('~1', '/').replaceAll('~0', '~'))
  if (names.some((name) => name === '__proto__') || systemProperties.has(names[0] ?? '')) {
    throw badRequest(`${prefix}the path '${path}' cannot be patched.`)
  }
  return names
}

function childOf(parent: Json | undefined, name: string): Json | undefined {
  if (Array.isArray(parent)) return isIndex(name) ? parent[Number(name)] : undefined
  return isObject(parent) && Object.hasOwn(parent, name) ? parent[name] : undefined
}

function isIndex(name: string): boolean {
  return /^(0|[1-9]\d*)$/.test(name)
}

function get({ parent, name }: Target): Json | undefined {
  return childOf(parent, name)
}

function valueOf({ prefix }: Target, operation: JsonObject): Json {
  const value = operation['value']
  if (value === undefined) throw badRequest(`${prefix}the operation needs a value.`)
  return value
}

/** `add` inserts into an array where `set` overwrites the element; both create a property or overwrite it. */
function put({ parent, name, prefix }: Target, value: Json, inserts: boolean): void {
  if (!Array.isArray(parent)) {
    parent[name] = value
    return
  }
  if (name === '-') {
    parent.push(value)
    return
  }
  const index = isIndex(name) ? Number(name) : Number.POSITIVE_INFINITY
  if (index > parent.length) throw badRequest(`${prefix}the index '${name}' is out of bounds.`)
  parent.splice(index, inserts ? 0 : 1, value)
}

function take({ parent, name }: Target): void {
  if (Array.isArray(parent)) parent.splice(Number(name), 1)
  else Reflect.deleteProperty(parent, name)
}

function increment(target: Target, operation: JsonObject): void {
  const by = operation['value']
  const before = get(target)
  if (typeof by !== 'number') throw badRequest(`${target.prefix}Increment Operation needs a number.`)
  if (before !== undefined && typeof before !== 'number') {
    throw badRequest(`${target.prefix}Increment Operation can only be performed on a number.`)
  }
  put(target, (before ?? 0) + by, false)
}

function move(target: Target, operation: JsonObject, document: JsonObject): void {
  const { path, from } = operation
  if (typeof from === 'string' && typeof path === 'string' && `${path}/`.startsWith(`${from}/`) && path !== from) {
    throw badRequest(`${target.prefix}the path cannot be a child of from.`)
  }
  const source = targetOf(document, from, target.prefix)
  const value = get(source)
  if (value === undefined) throw badRequest(`${target.prefix}Move Operation can only be performed on an existing path.`)
  take(source)
  // Taking the value may have moved what the path means, so it is resolved again.
  put(targetOf(document, path, target.prefix), value, true)
}
