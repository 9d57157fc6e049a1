/** Every metric that Herald tells, what it counts or measures, and by which dimensions: few values each, and nobody's data. */

interface Declaration {
  /** counter: what is added up; histogram: how many there were, and how much of it; gauge: the last value stands. */
  kind: 'counter' | 'histogram' | 'gauge'
  unit: string
  about: string
  by: readonly string[]
}

export const METRICS = {
  'herald.http.requests': {
    kind: 'histogram',
    unit: 'ms',
    about: 'Requests, webhooks among them, and how long their answers took',
    by: ['endpoint', 'status'],
  },
  'herald.meta.calls': {
    kind: 'histogram',
    unit: 'ms',
    about: 'Calls to Meta, what became of them, and how long they took; `code` is Meta’s, 0 where it gave none',
    by: ['operation', 'result', 'code'],
  },
  'herald.messages.reported': {
    kind: 'counter',
    unit: '{report}',
    about: 'What Meta reported about messages, repetitions included; `code` says why one failed',
    by: ['status', 'code'],
  },
  'herald.pace.slots': {
    kind: 'counter',
    unit: '{slot}',
    about: 'Send slots taken, by Meta’s id of the number',
    by: ['meta_number_id'],
  },
  'herald.pace.allowed': {
    kind: 'gauge',
    unit: '{slot}/s',
    about: 'How many slots a second a number has, its share held back and slowed down as it is now',
    by: ['meta_number_id'],
  },
  'herald.queue.age': {
    kind: 'histogram',
    unit: 'ms',
    about: 'Queue messages taken up, and how long after they were due',
    by: ['queue'],
  },
  'herald.queue.poison': {
    kind: 'gauge',
    unit: '{message}',
    about: 'Messages that failed too often and wait for a person',
    by: ['queue'],
  },
  'herald.cosmos.request_units': {
    kind: 'histogram',
    unit: '{RU}',
    about: 'Requests to Cosmos DB and the request units they cost',
    by: ['container', 'operation', 'status'],
  },
} as const satisfies Record<string, Declaration>

export type Metric = keyof typeof METRICS
export type Dimensions<Name extends Metric> = Record<(typeof METRICS)[Name]['by'][number], string | number>
