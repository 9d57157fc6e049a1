/**
 * Runs one invocation as the real worker does: library arguments → preInvocation hooks → handler → postInvocation hooks
 * → library response. Whatever fails on the way is thrown to the trigger that asked for the invocation.
 */
import { randomUUID } from 'node:crypto'
import type {
  CoreInvocationContext,
  FunctionHandler,
  InvocationModel,
  InvocationRequest,
  InvocationResponse,
  LogCategory,
  LogLevel,
  RegisteredFunction,
} from './core-types.ts'
import { logFromApp } from './log.ts'
import { programmingModel, registry } from './registry.ts'

/** A request with a new id; the trace id is derived from it so that an app's logs can be joined by either. */
export function newInvocation(traceParent?: string, traceState = ''): InvocationRequest {
  const invocationId = randomUUID()
  const hex = invocationId.replaceAll('-', '')
  const ownParent = `00-${hex}-${hex.slice(16)}-00`
  return {
    invocationId,
    inputData: [],
    triggerMetadata: {},
    traceContext: { traceParent: traceParent ?? ownParent, traceState, attributes: {} },
  }
}

export async function invoke(fn: RegisteredFunction, request: InvocationRequest): Promise<InvocationResponse> {
  const run = startRun(fn, request)
  const model = programmingModel().getInvocationModel(run.core)
  const { context, inputs } = await model.getArguments()
  run.log.context = context
  const result = await runWithHooks({ model, fn, run, context }, inputs)
  return model.getResponse(context, result)
}

/** Lets the library answer an HTTP invocation whose function did not, so that it also forgets the request. */
export async function answerInPlaceOf(
  fn: RegisteredFunction,
  request: InvocationRequest,
  result: object,
): Promise<void> {
  const model = programmingModel().getInvocationModel(startRun(fn, request).core)
  await model.getResponse({ invocationId: request.invocationId, extraOutputs: new Map() }, result)
}

interface Run {
  readonly core: CoreInvocationContext
  readonly log: { functionName: string; invocationId: string; context: unknown; hookData: Record<string, unknown> }
}

function startRun(fn: RegisteredFunction, request: InvocationRequest): Run {
  const { metadata } = fn
  const invocation = {
    functionName: metadata.name,
    invocationId: request.invocationId,
    context: undefined,
    hookData: {},
  }
  const core: CoreInvocationContext = {
    invocationId: request.invocationId,
    request,
    metadata,
    log: (level: LogLevel, category: LogCategory, message: string) =>
      logFromApp({ level, category, message, invocation }),
  }
  return { core, log: invocation }
}

interface Invocation {
  model: InvocationModel
  fn: RegisteredFunction
  run: Run
  context: unknown
}

async function runWithHooks({ model, fn, run, context }: Invocation, inputs: unknown[]): Promise<unknown> {
  const shared = { hookData: run.log.hookData, appHookData: registry.appHookData, invocationContext: context }
  // The library's hook context reads and writes these very fields: a hook may replace the inputs and the handler.
  const before = { ...shared, inputs, functionCallback: fn.handler }
  await runHooks('preInvocation', before, run.core)

  const after = { ...shared, inputs: before.inputs, ...(await outcomeOf(model, context, before)) }
  await runHooks('postInvocation', after, run.core)
  if (after.error !== null && after.error !== undefined) throw asError(after.error)
  return after.result
}

/** JavaScript lets anything be thrown; the log and the triggers want an error. */
function asError(thrown: unknown): Error {
  return thrown instanceof Error ? thrown : new Error(String(thrown))
}

async function outcomeOf(
  model: InvocationModel,
  context: unknown,
  { inputs, functionCallback }: { inputs: unknown[]; functionCallback: FunctionHandler },
): Promise<{ result: unknown; error: unknown }> {
  try {
    return { result: await model.invokeFunction(context, inputs, functionCallback), error: null }
  } catch (error) {
    return { result: null, error: error ?? new Error('The function threw nothing') }
  }
}

async function runHooks(
  name: 'preInvocation' | 'postInvocation',
  context: object,
  core: CoreInvocationContext,
): Promise<void> {
  const callbacks = registry.hooks[name]
  if (callbacks.length === 0) return
  core.state = `${name}Hooks`
  try {
    for (const callback of callbacks) await callback(context)
  } finally {
    core.state = undefined
  }
}
