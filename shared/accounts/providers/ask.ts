/**
 * One question to a sign-in provider, within bounds of time and size. A provider that is down, slow or beside itself is
 * `provider_unavailable`; what a refusal means is for the caller to say.
 */
import type { Agent } from 'undici'
import { AppError } from '../../errors.ts'
import type { ForeignProvider } from '../schema.ts'

const CONNECT_TIMEOUT_MS = 3_000
/** A person waits for this. */
const ANSWER_TIMEOUT_MS = 8_000
const ANSWER_LIMIT_BYTES = 256 * 1024

export interface Question {
  method?: 'GET' | 'POST'
  url: string
  headers?: Record<string, string>
  form?: Record<string, string>
  json?: unknown
}

export interface Reply {
  status: number
  body: unknown
}

export type Ask = (provider: ForeignProvider, question: Question) => Promise<Reply>

export function providerClient(answerTimeoutMs = ANSWER_TIMEOUT_MS): Ask {
  let dispatcher: Agent | undefined
  return async (provider, { method = 'GET', url, headers, ...content }) => {
    // Loaded when somebody signs in this way: no cold start waits for it.
    const { Agent, request } = await import('undici')
    dispatcher ??= new Agent({ connect: { timeout: CONNECT_TIMEOUT_MS }, maxResponseSize: ANSWER_LIMIT_BYTES })
    try {
      const answer = await request(url, {
        dispatcher,
        method,
        signal: AbortSignal.timeout(answerTimeoutMs),
        headers: { accept: 'application/json', 'user-agent': 'Herald', ...typeOf(content), ...headers },
        body: bodyOf(content),
      })
      const text = await answer.body.text()
      if (answer.statusCode >= 500 || answer.statusCode === 429) throw new Error(`HTTP ${answer.statusCode}`)
      return { status: answer.statusCode, body: JSON.parse(text) as unknown }
    } catch (error) {
      throw unavailable(provider, `${method} ${new URL(url).pathname}: ${reasonOf(error)}`)
    }
  }
}

/** `reason` is for the log only. */
export function unavailable(provider: ForeignProvider, reason: string): AppError {
  const words = `${provider} does not answer as it should right now: try again shortly, or sign in another way`
  return new AppError('provider_unavailable', words, { cause: new Error(reason) })
}

type Content = Pick<Question, 'form' | 'json'>

function typeOf({ form, json }: Content): Record<string, string> {
  if (form) return { 'content-type': 'application/x-www-form-urlencoded' }
  return json === undefined ? {} : { 'content-type': 'application/json' }
}

function bodyOf({ form, json }: Content): string | null {
  if (form) return new URLSearchParams(form).toString()
  return json === undefined ? null : JSON.stringify(json)
}

/** Never the answer's text: it may hold a token. */
function reasonOf(error: unknown): string {
  if (error instanceof SyntaxError) return 'the answer is no JSON'
  return error instanceof Error ? `${error.name}: ${error.message}` : 'unknown'
}
