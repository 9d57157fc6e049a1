/**
 * The module that `require('@azure/functions-core')` and `import '@azure/functions-core'` find in this process.
 * In Azure the Node worker supplies it; everything it exports here has the name and behaviour of the worker's.
 */
import { hookNames, type HookName } from './core-types.ts'
import type {
  FunctionHandler,
  FunctionMetadata,
  HookCallback,
  LogCategory,
  LogLevel,
  ProgrammingModel,
} from './core-types.ts'
import { logFromApp } from './log.ts'
import { addFunction, registry, removeFunction, systemError } from './registry.ts'

/** Versions of worker and host whose behaviour is reproduced; the library checks that some features are new enough. */
export const version = '3.13.0'
export const hostVersion = '4.1045.0'

export class Disposable {
  #onDispose: (() => unknown) | undefined

  constructor(onDispose: () => unknown) {
    this.#onDispose = onDispose
  }

  static from(...disposables: { dispose(): unknown }[]): Disposable {
    return new Disposable(() => disposables.forEach((one) => one.dispose()))
  }

  dispose(): void {
    const onDispose = this.#onDispose
    this.#onDispose = undefined
    onDispose?.()
  }
}

export function registerFunction(metadata: FunctionMetadata, handler: FunctionHandler): Disposable {
  addFunction(metadata, handler)
  return new Disposable(() => removeFunction(metadata.name))
}

export function registerHook(name: string, callback: HookCallback): Disposable {
  if (!isHookName(name)) throw systemError(new RangeError(`Unrecognized hook "${name}"`))
  const callbacks = registry.hooks[name]
  callbacks.push(callback)
  return new Disposable(() => {
    const index = callbacks.indexOf(callback)
    if (index >= 0) callbacks.splice(index, 1)
  })
}

export function setProgrammingModel(model: ProgrammingModel): void {
  registry.programmingModel = model
}

export function getProgrammingModel(): ProgrammingModel | undefined {
  return registry.programmingModel
}

export function log(level: LogLevel, category: LogCategory, message: string): void {
  logFromApp({ level, category, message })
}

function isHookName(name: string): name is HookName {
  return hookNames.some((known) => known === name)
}
