/**
 * What the app registered: functions, hooks and the programming model; and where log lines go.
 * It is one for the process because the library finds its core by `require('@azure/functions-core')`, once for the process;
 * that is also why one process can hold only one functions host.
 */
import type {
  FunctionHandler,
  FunctionMetadata,
  HookCallback,
  HookName,
  LogLevel,
  ProgrammingModel,
  RegisteredFunction,
} from './core-types.ts'

interface Registry {
  readonly functions: Map<string, RegisteredFunction>
  readonly hooks: Record<HookName, HookCallback[]>
  /** Data that hooks of one app share, at app level and with every invocation. */
  readonly appHookData: Record<string, unknown>
  programmingModel: ProgrammingModel | undefined
  /** A host uses this process. */
  hasHost: boolean
  /** The app is loaded: it can register nothing more. */
  isStarted: boolean
  writeLog: (line: string) => void
  minimumLogLevel: LogLevel
}

// On globalThis, not in the module: a test runner that loads this file its own way has a second copy of it beside the one
// that Node gives to the library.
const shared: { [key: symbol]: Registry | undefined } = globalThis
const key = Symbol.for('functions-host.registry')

export const registry: Registry = (shared[key] ??= {
  functions: new Map(),
  hooks: { appStart: [], appTerminate: [], preInvocation: [], postInvocation: [], log: [] },
  appHookData: {},
  programmingModel: undefined,
  hasHost: false,
  isStarted: false,
  writeLog: (line) => void process.stdout.write(`${line}\n`),
  minimumLogLevel: 'information',
})

/** Marks errors as the platform's own, as the library does with its errors. */
export function systemError<T extends Error>(error: T): T {
  return Object.assign(error, { isAzureFunctionsSystemError: true })
}

export function addFunction(metadata: FunctionMetadata, handler: FunctionHandler): void {
  if (registry.isStarted) throw systemError(new Error('A function can only be registered during app startup.'))
  if (!/^[A-Za-z][A-Za-z0-9_-]{0,127}$/.test(metadata.name)) {
    throw systemError(new Error(`"${metadata.name}" is not a function name: letters, digits, - and _, letter first.`))
  }
  const key = metadata.name.toUpperCase()
  if (registry.functions.has(key)) {
    throw systemError(new Error(`A function named "${metadata.name}" is already registered.`))
  }
  const trigger = Object.values(metadata.bindings).find((binding) => /trigger$/i.test(binding.type))
  if (!trigger) throw systemError(new Error(`Function "${metadata.name}" has no trigger.`))
  registry.functions.set(key, { metadata, handler, trigger })
}

export function removeFunction(name: string): void {
  if (registry.isStarted) throw systemError(new Error('A function can only be disposed during app startup.'))
  registry.functions.delete(name.toUpperCase())
}

/**
 * All functions in the order in which the real host sorts them: by name, ignoring case, character by character.
 * Upper case, not lower: `_` sorts after the letters then, as with .NET's OrdinalIgnoreCase.
 */
export function functionsInNameOrder(): RegisteredFunction[] {
  return [...registry.functions].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, registered]) => registered)
}

export function programmingModel(): ProgrammingModel {
  if (!registry.programmingModel) {
    throw new Error('The app registered nothing: does its entry file import app from @azure/functions and use it?')
  }
  return registry.programmingModel
}
