/** Probe functions for HTTP: what a function gets to see, and what it may answer. `STREAM=off` turns streaming off. */
import { app, type HttpRequest, type HttpResponseInit, type InvocationContext } from '@azure/functions'
import { setTimeout as delay } from 'node:timers/promises'

app.setup({ enableHttpStream: process.env['STREAM'] !== 'off' })

const all = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/** Tells everything the function was given. */
app.http('echo', {
  methods: [...all],
  route: 'echo/{id?}',
  async handler(request: HttpRequest, context: InvocationContext): Promise<HttpResponseInit> {
    const body = request.method === 'GET' ? undefined : Buffer.from(await request.arrayBuffer())
    return {
      jsonBody: {
        method: request.method,
        url: request.url,
        params: request.params,
        query: [...new URL(request.url).searchParams],
        headers: Object.fromEntries(request.headers),
        length: body?.byteLength,
        hex: body && body.byteLength < 64 ? body.toString('hex') : undefined,
        invocationId: context.invocationId,
        functionName: context.functionName,
        traceParent: context.traceContext?.traceParent,
      },
    }
  },
})

app.post('bytes', {
  route: 'bytes',
  handler: async (request) => ({
    body: await request.arrayBuffer(),
    headers: { 'content-type': 'application/x-probe' },
  }),
})

app.get('cookies', {
  route: 'cookies',
  handler: () => ({
    status: 202,
    headers: { 'x-one': '1', 'content-length': '2' },
    body: 'ok',
    cookies: [
      { name: 'a', value: '1', httpOnly: true, secure: true, sameSite: 'Strict' as const, path: '/', maxAge: 60 },
      { name: 'b', value: '2', domain: 'example.test', expires: new Date('2001-02-03T04:05:06Z') },
    ],
  }),
})

app.get('nothing', { route: 'nothing', handler: () => undefined as unknown as HttpResponseInit })
app.get('no-content', { route: 'no-content', handler: () => ({ status: 204 }) })

app.get('throws', {
  route: 'throws',
  handler: () => {
    throw new Error('kaboom from a probe')
  },
})

/** Sends one piece, waits until told, sends the rest: shows that an answer is not gathered first. */
app.get('stream', {
  route: 'stream/{ending}',
  handler: (request) => ({ headers: { 'content-type': 'text/plain' }, body: pieces(request.params['ending'] ?? '') }),
})

let release: () => void = () => undefined

function pieces(ending: string): ReadableStream<Uint8Array> {
  const isReleased = new Promise<void>((resolve) => (release = resolve))
  const text = new TextEncoder()
  let sent = 0
  return new ReadableStream({
    async pull(controller) {
      sent += 1
      if (sent === 1) {
        controller.enqueue(text.encode('first,'))
        return
      }
      await isReleased
      if (ending === 'break') throw new Error('the source broke')
      controller.enqueue(text.encode('rest'))
      controller.close()
    },
  })
}

app.post('release', {
  route: 'release',
  handler: () => {
    release()
    return { status: 204 }
  },
})

/** Reads its body as it comes and logs how that ended. */
app.post('reads', {
  route: 'reads',
  async handler(request, context) {
    context.log('reading')
    let bytes = 0
    try {
      for await (const chunk of request.body ?? []) bytes += (chunk as Uint8Array).byteLength
    } catch (error) {
      context.warn(`reading failed after ${bytes > 0 ? 'some' : 'no'} bytes: ${String(error)}`)
      throw error
    }
    return { jsonBody: { bytes } }
  },
})

app.get('slow', {
  route: 'slow/{milliseconds}',
  async handler(request, context) {
    context.log('slow started')
    await delay(Number(request.params['milliseconds']))
    return { body: 'finished' }
  },
})

app.get('logs', {
  route: 'logs',
  handler(_request, context) {
    context.log('plain', { n: 1 })
    context.warn('careful')
    context.debug('not shown')
    context.error(JSON.stringify({ event: 'own.line', level: 'error' }))
    return { status: 204 }
  },
})

// Names decide: "a-literal" is asked before "b-parameter", and "b-parameter" hides "c-literal".
app.get('c-literal', { route: 'order/late', handler: () => ({ body: 'c-literal' }) })
app.get('B-parameter', {
  route: 'order/{x}',
  handler: (request) => ({ body: `B-parameter ${request.params['x'] ?? ''}` }),
})
app.get('a-literal', { route: 'order/early', handler: () => ({ body: 'a-literal' }) })
app.get('deep', { route: 'files/{folder}/{*path}', handler: (request) => ({ jsonBody: request.params }) })
app.get('typed', { route: 'typed/{id:guid}', handler: (request) => ({ jsonBody: request.params }) })
app.get('keyed', { route: 'keyed', authLevel: 'function', handler: () => ({ body: 'open' }) })
app.http('zz-fallback', {
  methods: ['GET', 'HEAD', 'OPTIONS'],
  route: 'any/{*path}',
  handler: (request) => ({
    status: 418,
    headers: { 'x-path': request.params['path'] ?? 'none' },
    body: request.method,
  }),
})
