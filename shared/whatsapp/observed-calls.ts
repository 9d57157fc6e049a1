/** Calls to Meta, each told with what became of it. The trace ends there: nothing of it is sent along. */
import type { SpanNotes, Telemetry } from '../telemetry/telemetry.ts'
import type { GraphAnswer, GraphClient, GraphRequest } from './graph.ts'

export function observedCalls(graph: GraphClient, telemetry: Telemetry): GraphClient {
  return {
    call(request) {
      const operation = operationOf(request)
      const startedAt = performance.now()
      return telemetry.span(`meta ${operation}`, { kind: 'client' }, async (notes) => {
        const answer = await graph.call(request)
        const code = answer.kind === 'refused' ? answer.error.code : 0
        note(notes, answer, code)
        const dimensions = { operation, result: answer.kind, code }
        telemetry.tell('herald.meta.calls', performance.now() - startedAt, dimensions)
        return answer
      })
    },
    close: () => graph.close(),
  }
}

function note(notes: SpanNotes, answer: GraphAnswer, code: number): void {
  notes.add({ 'meta.result': answer.kind, ...(answer.kind === 'refused' ? { 'meta.code': code } : {}) })
  if (answer.kind !== 'ok') notes.fail(answer.kind === 'refused' ? String(code) : answer.kind)
}

/** `POST messages`, `GET debug_token`; an id alone is `node`: ids are too many, and some of them are people's. */
function operationOf({ method, path }: GraphRequest): string {
  const [last = ''] = path.split('/').slice(-1)
  return `${method} ${/^[a-z_]+$/.test(last) ? last : 'node'}`
}
