/**
 * Loads the app's entry file so that its `@azure/functions` finds our core, and starts the library.
 * Works for TypeScript and JavaScript modules and for the bundled CommonJS build: Node's module hooks see `require` and
 * `import` alike, wherever the library's code lies.
 */
import { existsSync } from 'node:fs'
import http from 'node:http'
import { createRequire, registerHooks } from 'node:module'
import { resolve } from 'node:path'
import { pathToFileURL } from 'node:url'
import { programmingModel, registry } from './registry.ts'

export interface LoadedApp {
  /** The library's own server for streamed requests, when the app turned streaming on. */
  readonly streamServer: http.Server | undefined
}

export async function loadApp({ entry, root }: { entry: string; root: string }): Promise<LoadedApp> {
  const path = resolve(root, entry)
  if (!existsSync(path)) throw new Error(`There is no entry file ${path}`)
  supplyCore()
  await loadEntry(path)
  const model = programmingModel()

  const context = { hookData: {}, appHookData: registry.appHookData, functionAppDirectory: root }
  for (const callback of registry.hooks.appStart) await callback(context)

  const streamServer = await serverCreatedBy(() => model.getCapabilities({}))
  registry.isStarted = true
  return { streamServer }
}

function supplyCore(): void {
  const url = new URL('core-module.ts', import.meta.url).href
  registerHooks({
    resolve: (specifier, context, nextResolve) =>
      specifier === '@azure/functions-core' ? { url, shortCircuit: true } : nextResolve(specifier, context),
  })
}

async function loadEntry(path: string): Promise<void> {
  try {
    if (path.endsWith('.cjs')) createRequire(import.meta.url)(path)
    else await import(pathToFileURL(path).href)
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error)
    throw new Error(`The entry file ${path} could not be loaded: ${reason}`, { cause: error })
  }
}

/**
 * With streaming on, the library opens an HTTP server and takes its requests from there, told apart by an invocation id
 * header; Azure's host sends every request through it a second time. That hop costs more than the function. So we keep
 * the server object, whose `request` event is the library's door, close its port, and hand it our own request and answer
 * objects: the same code runs, on the same kinds of objects, without the second connection.
 */
async function serverCreatedBy(start: () => Promise<Record<string, string>>): Promise<http.Server | undefined> {
  const module: { createServer: typeof http.createServer } = http
  const original = module.createServer
  let created: http.Server | undefined
  module.createServer = (...parameters: unknown[]) => {
    // The parameters are handed on untouched; only the overloads of createServer cannot be named here.
    created = (original as (...parameters: unknown[]) => http.Server)(...parameters)
    return created
  }
  try {
    const { HttpUri } = await start()
    if (HttpUri === undefined) return undefined
  } finally {
    module.createServer = original
  }
  if (!created)
    throw new Error('This version of @azure/functions opens its stream server in a way this host does not know')
  created.close()
  return created
}
