/**
 * The part of `@azure/functions-core` that the `@azure/functions` library and this host say to each other.
 * Microsoft publishes no types for it (the module exists only inside the real worker), so the shapes used are written down here.
 */

export type LogLevel = 'trace' | 'debug' | 'information' | 'warning' | 'error' | 'critical' | 'none'
export type LogCategory = 'user' | 'system' | 'customMetric'

/** A value on its way between host and worker: exactly one field is set. */
export interface TypedData {
  string?: string
  json?: string
  bytes?: Uint8Array
  int?: number
  double?: number
  http?: HttpData
}

/** An HTTP request or answer as the host and worker exchange it when streaming is off. */
export interface HttpData {
  method?: string
  url?: string
  headers?: Record<string, string>
  query?: Record<string, string>
  params?: Record<string, string>
  body?: TypedData
  statusCode?: string
  cookies?: HttpCookie[]
}

export interface HttpCookie {
  name: string
  value: string
  domain?: { value: string }
  path?: { value: string }
  expires?: { value: { seconds: number } }
  secure?: { value: boolean }
  httpOnly?: { value: boolean }
  sameSite?: 'none' | 'lax' | 'strict' | 'explicitNone'
  maxAge?: { value: number }
}

export interface Binding {
  readonly type: string
  readonly name: string
  readonly direction: string
  readonly [option: string]: unknown
}

export interface RetryOptions {
  maxRetryCount?: number
  retryStrategy?: string
  delayInterval?: { seconds: number }
  minimumInterval?: { seconds: number }
  maximumInterval?: { seconds: number }
}

export interface FunctionMetadata {
  readonly name: string
  readonly bindings: Readonly<Record<string, Binding>>
  readonly retryOptions?: RetryOptions
}

export type FunctionHandler = (...inputs: unknown[]) => unknown

export interface RegisteredFunction {
  readonly metadata: FunctionMetadata
  readonly handler: FunctionHandler
  readonly trigger: Binding
}

export interface InvocationRequest {
  invocationId: string
  inputData: { name: string; data: TypedData }[]
  triggerMetadata: Record<string, TypedData>
  traceContext: { traceParent: string; traceState: string; attributes: Record<string, string> }
  retryContext?: { retryCount: number; maxRetryCount: number }
}

export interface InvocationResponse {
  invocationId: string
  outputData?: { name: string; data: TypedData }[]
  returnValue?: TypedData | null
}

/** What the library wants to know of one invocation. */
export interface CoreInvocationContext {
  readonly invocationId: string
  readonly request: InvocationRequest
  readonly metadata: FunctionMetadata
  state?: string | undefined
  log(level: LogLevel, category: LogCategory, message: string): void
}

/** The library's half of one invocation: its conversions, its context object, its way to answer. */
export interface InvocationModel {
  getArguments(): Promise<{ context: unknown; inputs: unknown[] }>
  invokeFunction(context: unknown, inputs: unknown[], handler: FunctionHandler): Promise<unknown>
  getResponse(context: unknown, result: unknown): Promise<InvocationResponse>
}

export interface ProgrammingModel {
  readonly name: string
  readonly version: string
  getInvocationModel(context: CoreInvocationContext): InvocationModel
  getCapabilities(capabilities: Record<string, string>): Promise<Record<string, string>>
}

export const hookNames = ['appStart', 'appTerminate', 'preInvocation', 'postInvocation', 'log'] as const
export type HookName = (typeof hookNames)[number]
export type HookCallback = (context: object) => unknown
