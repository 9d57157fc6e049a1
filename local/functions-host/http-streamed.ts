/**
 * One request to a function when the app has HTTP streaming on: the library reads the request and writes the answer itself.
 * What Azure's proxy adds on its way is added here: the invocation id and the forwarded host and scheme.
 */
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { RegisteredFunction, TypedData } from './core-types.ts'
import { answerInPlaceOf, invoke, newInvocation } from './invoke.ts'
import { errorFields, logEvent } from './log.ts'

export interface HttpCall {
  readonly fn: RegisteredFunction
  readonly params: Record<string, string>
  readonly query: string
  readonly request: IncomingMessage
  readonly response: ServerResponse
}

export async function answerStreamed(call: HttpCall, streamServer: Server): Promise<void> {
  const { fn, request, response } = call
  const { headers } = request
  const invocation = newInvocation(oneOf(headers['traceparent']), oneOf(headers['tracestate']))
  // The function sees the caller's headers (from here), not the ones added for the library below.
  invocation.triggerMetadata = { ...parameterData(call), Headers: { json: JSON.stringify(headers) } }
  invocation.inputData = [{ name: fn.trigger.name, data: {} }]
  headers['x-ms-invocation-id'] = invocation.invocationId
  headers['x-forwarded-host'] = headers.host ?? '127.0.0.1'
  headers['x-forwarded-proto'] = 'http'
  streamServer.emit('request', request, response)

  try {
    await invoke(fn, invocation)
    if (response.writableEnded) return
    throw new Error('The function returned nothing to answer with')
  } catch (error) {
    logEvent('error', 'function.error', {
      function: fn.metadata.name,
      invocation_id: invocation.invocationId,
      ...errorFields(error),
    })
    // Azure's host may leave the caller waiting in this case (library issue 324): functions should not count on this 500.
    await answerInPlaceOf(fn, invocation, { status: 500 }).catch(() => {
      // The library had begun to answer, so what it sent is not the function's answer.
      if (response.writableEnded) return
      if (response.headersSent) response.destroy()
      else response.writeHead(500, { 'content-length': 0 }).end()
    })
  }
}

/**
 * The library takes every string in the metadata for a route parameter. Azure's host also puts query parameters there, so
 * `request.params` may hold names the route does not have; a route parameter of the same name wins.
 */
export function parameterData({ params, query }: HttpCall): Record<string, TypedData> {
  const data: Record<string, TypedData> = {}
  if (query !== '') {
    const taken = new Set(['code', 'headers', 'query', ...Object.keys(params).map((name) => name.toLowerCase())])
    for (const [name, value] of joinedQuery(query)) {
      if (!taken.has(name.toLowerCase())) data[name] = { string: value }
    }
  }
  for (const [name, value] of Object.entries(params)) data[name] = { string: value }
  return data
}

/** Query parameters as the host hands them on: a repeated name once, its values joined by commas. */
export function joinedQuery(query: string): Map<string, string> {
  const joined = new Map<string, string>()
  for (const [name, value] of new URLSearchParams(query)) {
    const earlier = joined.get(name)
    joined.set(name, earlier === undefined ? value : `${earlier},${value}`)
  }
  return joined
}

export function oneOf(header: string | string[] | undefined): string | undefined {
  return typeof header === 'string' ? header : header?.join(',')
}
