/**
 * HTTP functions: one server on loopback that routes a request to its function and lets the library convert it both ways.
 * A function that throws is answered 500 with an empty body and its error goes to the log, never to the caller.
 */
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { RegisteredFunction } from './core-types.ts'
import { answerBuffered } from './http-buffered.ts'
import { LimitedRequest } from './http-body-limit.ts'
import { answerStreamed } from './http-streamed.ts'
import { errorFields, logEvent } from './log.ts'
import type { RouteMatch, RouteTable } from './routes.ts'
import { RunningWork } from './running-work.ts'

export interface HttpTrigger {
  readonly port: number
  /** Takes no more requests, waits for the running ones at most this long (false: some were cut) and closes all connections. */
  stop(graceMilliseconds: number): Promise<boolean>
}

interface HttpOptions {
  readonly routes: RouteTable
  readonly port: number
  readonly bodyLimit: number
  /** Accepted as `x-functions-key` or `?code=` by functions that are not anonymous. */
  readonly functionKey: string | undefined
  readonly streamServer: Server | undefined
}

export async function startHttpTrigger(options: HttpOptions): Promise<HttpTrigger> {
  const running = new Set<ServerResponse>()
  const work = new RunningWork()
  let isStopping = false
  const settings = {
    IncomingMessage: LimitedRequest,
    keepAliveTimeout: 130_000,
    maxHeaderSize: 32_768,
    requestTimeout: 0,
  }
  const server = createServer(settings, (request, response) => {
    if (isStopping) {
      refuse(response, 503)
      return
    }
    // Writing to a caller who went away is not an error of anybody.
    response.on('error', () => undefined)
    running.add(response)
    const isDone = Promise.all([answer(request, response, options), isClosed(response)])
    work.add(isDone.finally(() => running.delete(response)))
  })
  await listen(server, options.port)
  // listen() on a port succeeded, so the address is an AddressInfo, not a pipe name.
  const { port } = server.address() as AddressInfo

  return {
    port,
    async stop(graceMilliseconds) {
      isStopping = true
      server.close()
      for (const response of running) response.shouldKeepAlive = false
      const hasFinished = await work.finished(graceMilliseconds)
      server.closeAllConnections()
      return hasFinished
    },
  }
}

function isClosed(response: ServerResponse): Promise<void> {
  return new Promise((resolve) => response.on('close', resolve))
}

async function listen(server: Server, port: number): Promise<void> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const isBusy = error.code === 'EADDRINUSE'
      reject(
        isBusy ? new Error(`Port ${port} is already in use by another program; choose another with --port.`) : error,
      )
    })
    server.listen(port, '127.0.0.1', resolve)
  })
}

const maxUrlLength = 8192
/** How long a connection stays open after a body over the limit was answered. */
const LINGER_MS = 300

async function answer(request: LimitedRequest, response: ServerResponse, options: HttpOptions): Promise<void> {
  const target = targetOf(request, options)
  if (typeof target === 'number') {
    refuse(response, target)
    return
  }
  const refuseBody = () => {
    // A function that reads the body gets this error; first the caller gets the answer, and a moment to read it.
    response.once('finish', () => {
      const cut = () => request.destroy(new Error('The request body is larger than the host accepts'))
      setTimeout(cut, LINGER_MS).unref()
    })
    refuse(response, 413)
  }
  if (!request.limitBody(options.bodyLimit, refuseBody)) {
    // Nobody reads it: the rest is thrown away until the connection is cut.
    request.on('error', () => undefined).resume()
    refuseBody()
    return
  }
  const call = { ...target, request, response }
  try {
    if (options.streamServer) await answerStreamed(call, options.streamServer)
    else await answerBuffered(call)
  } catch (error) {
    logEvent('error', 'http.failed', { function: target.fn.metadata.name, ...errorFields(error) })
    refuse(response, 500)
  }
}

/** The function and its parameters, or the status that says why there is none. */
function targetOf(request: IncomingMessage, options: HttpOptions): (RouteMatch & { query: string }) | number {
  const url = request.url ?? '/'
  if (!url.startsWith('/')) return 400
  if (url.length > maxUrlLength) return 414
  const queryStart = url.indexOf('?')
  const path = queryStart < 0 ? url : url.slice(0, queryStart)
  const query = queryStart < 0 ? '' : url.slice(queryStart + 1)
  const match = options.routes.match(request.method ?? '', path)
  if (!match) return 404
  if (!mayCall(match.fn, request, query, options.functionKey)) return 401
  return { ...match, query }
}

function mayCall(fn: RegisteredFunction, request: IncomingMessage, query: string, key: string | undefined): boolean {
  if (String(fn.trigger['authLevel']).toLowerCase() === 'anonymous') return true
  if (key === undefined) return false
  return request.headers['x-functions-key'] === key || new URLSearchParams(query).get('code') === key
}

/** An answer of the host itself. Once an answer has begun only breaking the connection tells the caller it is wrong. */
function refuse(response: ServerResponse, status: number): void {
  if (response.headersSent) {
    response.destroy()
    return
  }
  for (const name of response.getHeaderNames()) response.removeHeader(name)
  if (status === 503) response.shouldKeepAlive = false
  response.writeHead(status, { 'content-length': 0 }).end()
}
