/** Herald's API as any client calls it: JSON over HTTP with a bearer token. */
import { setTimeout as delay } from 'node:timers/promises'
import type * as z from 'zod'

export interface ApiClient {
  get<T>(schema: z.ZodType<T>, path: string): Promise<T>
  post<T>(schema: z.ZodType<T>, path: string, body?: object | FormData): Promise<T>
  patch<T>(schema: z.ZodType<T>, path: string, body: object): Promise<T>
  /** Sent with every request from now on. */
  useToken(token: string): void
}

/** How long a read goes on asking a server that is being started again. */
const READ_FOR_MS = 30_000
const READ_AGAIN_MS = 200

export function apiClient(baseUrl: string): ApiClient {
  let token: string | undefined

  async function call<T>(schema: z.ZodType<T>, method: string, path: string, body?: object): Promise<T> {
    const isForm = body instanceof FormData
    const answer = await fetch(`${baseUrl}${path}`, {
      method,
      headers: {
        ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
        ...(body === undefined || isForm ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: isForm ? body : JSON.stringify(body) }),
    })
    const text = await answer.text()
    if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}: ${text.slice(0, 500)}`)
    return schema.parse(JSON.parse(text))
  }

  return {
    get: (schema, path) => whileUnreachable(() => call(schema, 'GET', path)),
    // Only reads are repeated by themselves: nobody knows whether a write that got no answer was done.
    post: (schema, path, body) => call(schema, 'POST', path, body),
    patch: (schema, path, body) => call(schema, 'PATCH', path, body),
    useToken(value) {
      token = value
    },
  }
}

async function whileUnreachable<T>(read: () => Promise<T>): Promise<T> {
  const until = performance.now() + READ_FOR_MS
  for (;;) {
    try {
      return await read()
    } catch (error) {
      // What fetch throws when no answer came; anything else is an answer.
      if (!(error instanceof TypeError) || performance.now() > until) throw error
      await delay(READ_AGAIN_MS)
    }
  }
}
