/** The control door: health, metrics and faults, without authorization. It is not part of Cosmos DB. */
import { badRequest, notFound } from '../errors.ts'
import type { Faults } from '../faults.ts'
import type { Metrics } from '../metrics.ts'
import { parseBody } from '../store/item-rules.ts'
import type { Answer, Exchange } from './exchange.ts'

export interface Controls {
  faults: Faults
  metrics: Metrics
}

export function isControl(exchange: Exchange): boolean {
  return exchange.path[0] === '_emulator'
}

export function answerControl({ faults, metrics }: Controls, exchange: Exchange): Answer {
  const asked = `${exchange.method} ${exchange.path.slice(1).join('/')}`
  switch (asked) {
    case 'GET health':
      return answer({ status: 'ok' })
    case 'GET metrics':
      return answer(metrics.report())
    case 'POST metrics/reset':
      metrics.reset()
      return answer({ status: 'ok' })
    case 'POST faults':
      if (exchange.body === '') throw badRequest('A fault rule is a JSON object.')
      faults.add(parseBody(exchange.body))
      return answer({ status: 'ok' })
    case 'DELETE faults':
      faults.clear()
      return answer({ status: 'ok' })
    default:
      throw notFound()
  }
}

function answer(body: object): Answer {
  return { status: 200, charge: 0, body: JSON.stringify(body) }
}
