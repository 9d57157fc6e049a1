/** Serves Graph calls to the outside: fault rules before and after the work, durable accepts, errors as Graph writes them. */
import type { ServerResponse } from 'node:http'
import { setTimeout as wait } from 'node:timers/promises'
import { GraphError } from './errors.ts'
import type { Effect, Call as FaultCall } from './faults.ts'
import { answerGraph } from './graph.ts'
import { writeAnswer } from './http.ts'
import type { Answer, Call } from './http.ts'
import { isObject, textOf } from './json.ts'
import { digitsOf } from './world.ts'
import type { World } from './world.ts'

export async function serveGraph(world: World, call: Call, response: ServerResponse): Promise<void> {
  const effect = world.faults.isEmpty ? undefined : world.faults.effectFor(factsOf(call))
  if (effect && !(await goesOn(world, call, response, effect))) return
  const answer = await answerOf(world, call)
  // An accept that a killed process forgets would be a message without webhooks: commit first, answer then.
  const flushed = world.store.flushed()
  if (flushed) await flushed
  if (effect?.kind === 'answer_lost') destroyLater(response, effect.ms)
  else await writeAnswer(response, answer)
}

/** Applies what happens before the work; false when nothing is left to do. */
async function goesOn(world: World, call: Call, response: ServerResponse, effect: Effect): Promise<boolean> {
  switch (effect.kind) {
    case 'latency':
      await wait(effect.ms, undefined, { ref: false })
      return true
    case 'answer_lost':
      return true
    case 'graph_error': {
      const { code, kind: _kind, ...parts } = effect
      await writeAnswer(response, refusal(world, call, new GraphError(code, parts)))
      return false
    }
    case 'http':
      recordRefusal(world, call, `http_${effect.status}`)
      await writeAnswer(response, {
        status: effect.status,
        bytes: Buffer.from(effect.body),
        headers: { 'content-type': effect.content_type, ...effect.headers },
      })
      return false
    case 'timeout':
      recordRefusal(world, call, 'timeout')
      destroyLater(response, effect.ms)
      return false
    case 'reset':
      recordRefusal(world, call, 'reset')
      destroyLater(response, 0)
      return false
  }
}

async function answerOf(world: World, call: Call): Promise<Answer> {
  try {
    return await answerGraph(world, call)
  } catch (error) {
    if (error instanceof GraphError) return refusal(world, call, error)
    console.error(error)
    return refusal(world, call, new GraphError(1, { http: 500, message: 'An unknown error occurred' }))
  }
}

function refusal(world: World, call: Call, error: GraphError): Answer {
  recordRefusal(world, call, String(error.code))
  const challenge: Record<string, string> =
    error.http === 401
      ? { 'www-authenticate': 'OAuth "Facebook Platform" "invalid_token" "Invalid OAuth access token"' }
      : {}
  return { status: error.http, body: error.body(), headers: challenge }
}

/** Only sends are counted; read receipts are not messages. */
function recordRefusal(world: World, call: Call, code: string): void {
  if (call.method !== 'POST' || !call.path.endsWith('/messages') || call.fields?.['status'] !== undefined) return
  const { phoneNumberId = '', to = null, template = null, callback = null } = factsOf(call)
  world.ledger.refuse({ at: world.now(), code, phoneNumberId, to, template, callback })
}

/** What fault rules can match. */
function factsOf({ method, path, fields }: Call): FaultCall {
  const template = fields?.['template']
  const to = textOf(fields?.['to'])
  return {
    method,
    path,
    phoneNumberId: path.split('/')[1],
    to: to === undefined ? textOf(fields?.['recipient']) : digitsOf(to),
    template: isObject(template) ? textOf(template['name']) : undefined,
    callback: textOf(fields?.['biz_opaque_callback_data']),
  }
}

function destroyLater(response: ServerResponse, ms: number): void {
  setTimeout(() => response.socket?.destroy(), ms).unref()
}
