/**
 * One request to a function when the app has HTTP streaming off: request and answer travel as whole messages, converted by
 * the library. As in Azure, a body is handed over only if Content-Length says there is one: a chunked upload arrives empty.
 */
import type { IncomingMessage, ServerResponse } from 'node:http'
import { buffer } from 'node:stream/consumers'
import type { HttpCookie, HttpData, InvocationResponse } from './core-types.ts'
import { joinedQuery, oneOf, type HttpCall } from './http-streamed.ts'
import { invoke, newInvocation } from './invoke.ts'
import { errorFields, logEvent } from './log.ts'

export async function answerBuffered(call: HttpCall): Promise<void> {
  const { fn, request, response } = call
  const invocation = newInvocation(oneOf(request.headers['traceparent']), oneOf(request.headers['tracestate']))
  invocation.inputData = [{ name: fn.trigger.name, data: { http: await requestData(call) } }]
  let result: InvocationResponse
  try {
    result = await invoke(fn, invocation)
  } catch (error) {
    const { name } = fn.metadata
    logEvent('error', 'function.error', {
      function: name,
      invocation_id: invocation.invocationId,
      ...errorFields(error),
    })
    response.writeHead(500, { 'content-length': 0 }).end()
    return
  }
  send(result.returnValue?.http, request, response)
}

async function requestData({ request, params, query }: HttpCall): Promise<HttpData> {
  const data: HttpData = {
    method: request.method ?? 'GET',
    url: `http://${request.headers.host ?? '127.0.0.1'}${request.url ?? '/'}`,
    headers: Object.fromEntries(Object.entries(request.headers).map(([name, value]) => [name, oneOf(value) ?? ''])),
    query: Object.fromEntries(joinedQuery(query)),
    params,
  }
  if (Number(request.headers['content-length'] ?? 0) > 0) data.body = { bytes: await buffer(request) }
  return data
}

/** A function that returned nothing is answered 204. */
function send(answer: HttpData | undefined, request: IncomingMessage, response: ServerResponse): void {
  const { statusCode = '200', headers = {}, cookies = [], body } = answer ?? { statusCode: '204' }
  response.statusCode = Number(statusCode)
  for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
  response.setHeader('set-cookie', cookies.map(cookieHeader))
  if (['204', '205', '304'].includes(statusCode)) {
    response.end()
    return
  }
  const bytes = body?.bytes ?? new Uint8Array()
  response.setHeader('content-length', bytes.byteLength)
  response.end(request.method === 'HEAD' ? undefined : bytes)
}

function cookieHeader(cookie: HttpCookie): string {
  const { name, value, expires, maxAge, sameSite } = cookie
  const parts: [string, string | number | boolean | undefined][] = [
    ['expires', expires && new Date(expires.value.seconds * 1000).toUTCString()],
    ['max-age', maxAge?.value],
    ['domain', cookie.domain?.value],
    ['path', cookie.path?.value],
    ['secure', cookie.secure?.value],
    ['samesite', sameSite === 'none' ? undefined : sameSite?.replace('explicitNone', 'none')],
    ['httponly', cookie.httpOnly?.value],
  ]
  const given = parts.filter(([, part]) => part !== undefined && part !== false)
  const attributes = given.map(([key, part]) => (part === true ? `; ${key}` : `; ${key}=${String(part)}`))
  return `${name}=${encodeURIComponent(value)}${attributes.join('')}`
}
