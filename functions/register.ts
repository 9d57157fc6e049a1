/** Turns endpoint declarations into HTTP-triggered Azure Functions: requests and answers are converted here, nothing else. */
import { app, type HttpRequest, type HttpResponseBodyInit, type HttpResponseInit } from '@azure/functions'
import { corsHeaders, fallbackAnswer } from '../shared/http/answers.ts'
import type { Answer, Endpoint } from '../shared/http/endpoint.ts'
import { handleRequest } from '../shared/http/handle.ts'
import type { IncomingRequest } from '../shared/http/request.ts'
import type { Deps } from '../shared/deps.ts'
import { tracedRequest } from '../shared/telemetry/work.ts'
import { streamedBody, watchResponses } from './streaming.ts'

/** Sorts behind every other name, so that the host tries it last. */
export const FALLBACK_NAME = 'zz-fallback'

export function registerEndpoints(endpoints: readonly Endpoint[], deps: () => Promise<Deps>): void {
  watchResponses()
  for (const endpoint of endpoints) {
    app.http(endpoint.name, {
      methods: [endpoint.method],
      route: endpoint.path,
      authLevel: 'anonymous',
      handler: async (request, context) => {
        const incoming = toIncoming(request)
        const built = await deps()
        const answer = await tracedRequest(built.telemetry, endpoint, context.traceContext?.traceParent, () =>
          handleRequest(endpoint, incoming, built),
        )
        const cors = corsHeaders(incoming, built)
        return answer.stream
          ? toStream(answer, cors, streamedBody(answer.stream, context.invocationId, built.log))
          : toResponse(answer, cors)
      },
    })
  }
  app.http(FALLBACK_NAME, {
    methods: ['GET', 'POST', 'PUT', 'PATCH', 'DELETE', 'HEAD', 'OPTIONS'],
    route: '{*path}',
    authLevel: 'anonymous',
    handler: async (request) => {
      const incoming = toIncoming(request)
      const built = await deps()
      return toResponse(fallbackAnswer(endpoints, incoming, built), corsHeaders(incoming, built))
    },
  })
}

function toIncoming(request: HttpRequest): IncomingRequest {
  // The host rebuilds this URL from headers a caller can forge: only its path and query are used.
  const url = new URL(request.url)
  return {
    method: request.method,
    path: url.pathname,
    query: url.searchParams,
    headers: request.headers,
    params: request.params,
    body: request.body,
  }
}

function toStream(
  { status, headers }: Answer,
  cors: Record<string, string>,
  body: HttpResponseBodyInit,
): HttpResponseInit {
  return { status, headers: { ...cors, ...headers }, body }
}

function toResponse(answer: Answer, cors: Record<string, string>): HttpResponseInit {
  const given = answer.bytes ?? answer.text
  const content = given ?? (answer.body === undefined ? undefined : JSON.stringify(answer.body))
  const type = given === undefined && content !== undefined ? { 'content-type': 'application/json' } : {}
  return {
    status: answer.status,
    headers: { ...type, ...cors, ...answer.headers },
    ...(content === undefined ? {} : { body: content }),
    ...(answer.cookies === undefined ? {} : { cookies: answer.cookies }),
  }
}
