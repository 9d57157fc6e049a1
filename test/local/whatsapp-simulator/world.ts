/** A running simulator with a webhook receiver, and short words for what tests do with both. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'
import type { Behaviour } from '../../../local/whatsapp-simulator/behaviour.ts'
import { startWhatsappSimulator } from '../../../local/whatsapp-simulator/server.ts'
import type { Reply } from './reply.ts'
import type { WhatsappSimulator, WhatsappSimulatorOptions } from '../../../local/whatsapp-simulator/server.ts'

export type Received = { body: Reply; raw: string; headers: Record<string, unknown>; at: number }
export type Receiver = { url: string; posts: Received[]; answers: (number | 'hang')[]; peak: number; delayMs: number }
/** `code` is that of the error, if there is one. */
export type Answer = { status: number; code: number | undefined; body: Reply; headers: Headers }

export type Simulated = WhatsappSimulator & {
  receiver: Receiver
  graph: (method: string, path: string, body?: unknown, token?: string | null) => Promise<Answer>
  control: (method: string, path: string, body?: unknown) => Promise<Reply>
  lines: (path: string) => Promise<Reply[]>
  send: (parts: object) => Promise<Answer>
  sendTemplate: (to: string, parts?: object) => Promise<Answer>
  quiet: () => Promise<void>
  /** All changes of all received webhooks, in order. */
  changes: () => Reply[]
  statuses: () => Reply[]
  /** All messages of users in them. */
  incoming: () => Reply[]
}

export const app = { appId: '100000000000009', appSecret: 'a secret of the tests', verifyToken: 'a verify token' }

/** No noise and no waiting: tests say what they want to see. */
export const plain: Partial<Behaviour> = {
  latency_ms: { sent: [0, 2], delivered: [0, 2], read: [0, 2], answer: [0, 2] },
  batch_wait_ms: 2,
  review_ms: 5,
  read_without_delivered: 0,
  duplicated: 0,
  reordered: 0,
  missing_profiles: 0,
  unknown_fields: 0,
  delivered: 1,
  failed: 0,
  read: 1,
  bsuid: 0,
}

export async function aSimulator(options: Partial<WhatsappSimulatorOptions> = {}): Promise<Simulated> {
  const receiver = await aReceiver()
  const simulator = await startWhatsappSimulator({
    ...app,
    seed: 7,
    webhookUrl: receiver.url,
    ...options,
    behaviour: { ...plain, ...options.behaviour },
  })
  onTestFinished(() => simulator.close())
  return simulated(simulator, receiver)
}

export function simulated(simulator: WhatsappSimulator, receiver: Receiver): Simulated {
  const call = async (method: string, path: string, content: unknown, token: string | null): Promise<Answer> => {
    const isForm = content instanceof FormData
    const answer = await fetch(simulator.url + path, {
      method,
      headers: {
        ...(token !== null && { authorization: `Bearer ${token}` }),
        ...(content !== undefined && !isForm && { 'content-type': 'application/json' }),
      },
      ...(content !== undefined && { body: isForm ? content : JSON.stringify(content) }),
    })
    const text = await answer.text()
    const body = parsed(text)
    const code = 'error' in Object(body) ? body.error.code : undefined
    return { status: answer.status, code, body, headers: answer.headers }
  }
  const control: Simulated['control'] = async (method, path, body) => {
    const answer = await call(method, `/_simulator/${path}`, body, null)
    if (answer.status !== 200) throw new Error(JSON.stringify(answer.body))
    return answer.body
  }
  const graph: Simulated['graph'] = (method, path, body, token = simulator.accessToken) =>
    call(method, path.startsWith('/') ? path : `/v26.0/${path}`, body, token)
  const send: Simulated['send'] = (parts) =>
    graph('POST', `${simulator.phoneNumberId}/messages`, {
      messaging_product: 'whatsapp',
      to: '+15550009876',
      ...parts,
    })
  const changes = (): Reply[] =>
    receiver.posts.flatMap(({ body }) => body.entry.flatMap((entry: Reply) => entry.changes))
  return {
    ...simulator,
    receiver,
    graph,
    control,
    send,
    changes,
    lines: async (path) => {
      const text = await (await fetch(`${simulator.url}/_simulator/${path}`)).text()
      return text.split('\n').filter(Boolean).map(parsed)
    },
    sendTemplate: (to, parts = {}) =>
      send({ to, type: 'template', template: { name: 'hello', language: { code: 'en' } }, ...parts }),
    quiet: async () => {
      const { quiet } = await control('GET', 'quiet?timeout_ms=15000')
      if (!quiet) throw new Error('Webhooks are still pending')
    },
    incoming: () => changes().flatMap(({ value }) => ('messages' in value ? value.messages : [])),
    statuses: () => changes().flatMap((change) => change.value.statuses ?? []),
  }
}

/** Answers the handshake; POSTs get the next of `answers`, and 200 once there is none left. */
export async function aReceiver(port = 0): Promise<Receiver> {
  const receiver: Receiver = { url: '', posts: [], answers: [], peak: 0, delayMs: 0 }
  let open = 0
  const server = createServer((request, response) => {
    const { searchParams } = new URL(request.url ?? '/', 'http://localhost')
    if (request.method === 'GET') {
      const isRight =
        searchParams.get('hub.mode') === 'subscribe' && searchParams.get('hub.verify_token') === app.verifyToken
      response.writeHead(isRight ? 200 : 403).end(searchParams.get('hub.challenge'))
      return
    }
    receiver.peak = Math.max(receiver.peak, ++open)
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const raw = Buffer.concat(chunks).toString('utf8')
      const answer = receiver.answers.shift() ?? 200
      receiver.posts.push({ body: parsed(raw), raw, headers: request.headers, at: Date.now() })
      setTimeout(() => {
        open -= 1
        if (answer !== 'hang') response.writeHead(answer).end()
      }, receiver.delayMs)
    })
  })
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  receiver.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/webhook`
  onTestFinished(() => {
    server.close()
    server.closeAllConnections()
  })
  return receiver
}

/** An approved template `hello` with this body, and whatever else it should have. */
export async function aTemplate(simulator: Simulated, parts: object = {}): Promise<{ id: string }> {
  return simulator.control('POST', 'templates', {
    name: 'hello',
    language: 'en',
    category: 'MARKETING',
    components: [{ type: 'BODY', text: 'Hello from us.' }],
    ...parts,
  })
}

/** Polls until the condition holds; for what no event announces. */
export async function until(condition: () => boolean | Promise<boolean>, what: string): Promise<void> {
  const deadline = Date.now() + 10_000
  while (!(await condition())) {
    if (Date.now() > deadline) throw new Error(`Waited in vain for ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** JSON, or the text itself where it is none. */
function parsed(text: string): Reply {
  try {
    return JSON.parse(text) as Reply
  } catch {
    return text as unknown as Reply
  }
}
