import { expect, it } from 'vitest'
import { createLog } from '../../../shared/log.ts'
import { countingCalls } from '../../../shared/whatsapp/count-calls.ts'
import type { GraphAnswer } from '../../../shared/whatsapp/graph.ts'

it('tells what became of the calls since the last line, and nothing where there was none', async () => {
  const lines: unknown[] = []
  const answers: GraphAnswer[] = [
    { kind: 'ok', body: {} },
    { kind: 'refused', status: 400, error: { code: 131026, message: 'to +15550100001' } },
    { kind: 'refused', status: 400, error: { code: 131026, message: '' } },
    { kind: 'unknown', reason: 'UND_ERR_SOCKET' },
    { kind: 'ok', body: {} },
  ]
  const call = (): Promise<GraphAnswer> => Promise.resolve(answers.shift() ?? { kind: 'not_sent', reason: 'x' })
  const close = () => Promise.resolve()
  const graph = countingCalls(
    { call, close },
    createLog((line) => lines.push(JSON.parse(line))),
  )
  const request = { method: 'POST', path: '1/messages' } as const
  for (let count = 0; count < 5; count++) await graph.call(request)
  expect(lines).toEqual([])

  await graph.close()
  expect(lines).toMatchObject([{ event: 'meta.calls', total: 5, ok: 2, other: { '131026': 2, unknown: 1 } }])
  expect(JSON.stringify(lines)).not.toContain('1555')
  await graph.close()
  expect(lines).toHaveLength(1)
})

it('tells it by itself after a while', async () => {
  const { promise: line, resolve } = Promise.withResolvers<string>()
  const graph = countingCalls(
    { call: () => Promise.resolve({ kind: 'ok', body: {} }), close: () => Promise.resolve() },
    createLog(resolve),
    1,
  )
  await graph.call({ method: 'GET', path: '1' })
  // The counter's own timer keeps no process alive.
  const alive = setTimeout(() => undefined, 30_000)
  expect(JSON.parse(await line)).toMatchObject({ event: 'meta.calls', total: 1, ok: 1, other: {} })
  clearTimeout(alive)
})
