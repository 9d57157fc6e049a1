import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { UNREADABLE, parseBody, splitBody, type Change, type EventKind } from '../../../shared/webhooks/split.ts'
import { sample, sampleNames, sampleText, type Body } from '../../support/webhooks.ts'

type Value = Record<string, unknown>

function partsOf(kinds: Map<EventKind, Change[]> | undefined): [EventKind, Change][] {
  return [...(kinds ?? [])].flatMap(([kind, changes]) => changes.map((change): [EventKind, Change] => [kind, change]))
}

/** The body again from its parts: what a change was split into is merged. */
function joined(kinds: Map<EventKind, Change[]> | undefined): Change[] {
  return partsOf(kinds).map(([, change]) => change)
}

function expected(body: Body): Change[] {
  return body.entry.flatMap(({ id, time, changes }) =>
    changes.map(({ field, value }) => ({ entry_id: id ?? null, entry_time: time ?? null, field, value })),
  )
}

const message = { from: '15550001111', id: 'wamid.A', type: 'text', text: { body: 'hello' } }
const metadata = { display_phone_number: '15550001234', phone_number_id: '106540000000001' }

function bodyOf(...changes: unknown[]): unknown {
  return { object: 'whatsapp_business_account', entry: [{ id: '1', changes }] }
}

describe('splitting a webhook body', () => {
  it.each(sampleNames())('loses nothing of the sample %s', (name) => {
    const body = sample(name)
    expect(joined(splitBody(parseBody(sampleText(`${name}.json`))))).toEqual(expected(body))
  })

  it.each(sampleNames('status-'))('takes the sample %s for statuses', (name) => {
    expect([...(splitBody(sample(name)) ?? new Map()).keys()]).toEqual(['statuses'])
  })

  it('takes messages for messages, and every other field for the account’s', () => {
    const kindsOf = (name: string) => [...(splitBody(sample(name)) ?? new Map()).keys()] as EventKind[]
    for (const name of sampleNames('message-')) expect(kindsOf(name)).toEqual(['messages'])
    expect(kindsOf('value-errors-130429')).toEqual(['messages'])
    for (const name of ['template-status-approved', 'account-alerts', 'user-preferences-stop']) {
      expect(kindsOf(name)).toEqual(['account'])
    }
  })

  it('gives both kinds their part of a change with statuses and messages', () => {
    const value = { messaging_product: 'whatsapp', metadata, contacts: [{ wa_id: '1' }], statuses: [{ id: 's' }] }
    const kinds = splitBody(bodyOf({ field: 'messages', value: { ...value, messages: [message] } }))
    const { statuses, ...rest } = value
    expect(kinds?.get('statuses')?.map((change) => change.value)).toEqual([{ metadata, statuses }])
    expect(kinds?.get('messages')?.map((change) => change.value)).toEqual([{ ...rest, messages: [message] }])
  })

  it('keeps what every entry says of its changes', () => {
    const change = { field: 'account_alerts', value: { a: 1 } }
    const entries = [{ id: '1', time: 17, changes: [change] }, { id: 2, changes: [change] }, { changes: [change] }]
    expect(splitBody({ entry: entries })?.get('account')).toEqual([
      { entry_id: '1', entry_time: 17, ...change },
      { entry_id: '2', entry_time: null, ...change },
      { entry_id: null, entry_time: null, ...change },
    ])
  })

  const odd: [string, unknown][] = [
    ['an entry that is no object', 7],
    ['an entry of null', null],
    ['an entry without changes', { id: '9', messaging: [{ a: 1 }] }],
    ['an entry whose changes are no list', { id: '9', changes: { field: 'messages' } }],
    ['an entry with an empty list of changes', { id: '9', changes: [], uid: 'x' }],
    ['an entry with an id of another kind', { id: { a: 1 }, changes: [{ field: 'x', value: 1 }] }],
  ]
  it.each(odd)('keeps %s, and its neighbours are as they are without it', (_what, entry) => {
    const good = { id: '1', time: 5, changes: [{ field: 'messages', value: { metadata, statuses: [{ id: 's' }] } }] }
    const kinds = splitBody({ entry: [entry, good] })
    expect(kinds?.get('statuses')).toEqual(splitBody({ entry: [good] })?.get('statuses'))
    expect(kinds?.get('account')).toEqual([{ entry_id: null, entry_time: null, field: UNREADABLE, value: entry }])
  })

  it.each([null, 'text', {}, { field: 5, value: {} }, { value: { statuses: [] } }, { field: 'messages' }])(
    'keeps the change %j as something unreadable, beside its neighbours',
    (change) => {
      const kinds = splitBody(bodyOf(change, { field: 'messages', value: { metadata, messages: [message] } }))
      expect(kinds?.get('messages')).toHaveLength(1)
      expect(kinds?.get('account')).toEqual([{ entry_id: '1', entry_time: null, field: UNREADABLE, value: change }])
    },
  )

  it.each([undefined, null, 5, 'x', [], {}, { entry: {} }, { entry: [] }, { entry: null }])(
    'has no kinds for %j',
    (body) => {
      expect(splitBody(body)).toBeUndefined()
    },
  )

  it('never throws and never drops an entry, whatever Meta sends', () => {
    fc.assert(
      fc.property(fc.array(fc.jsonValue(), { minLength: 1, maxLength: 8 }), (entries) => {
        const parts = joined(splitBody({ entry: entries }))
        return parts.length >= entries.length
      }),
    )
  })

  it('takes a body with very many changes in a moment', () => {
    const changes = Array.from({ length: 100_000 }, () => ({ field: 'messages', value: { statuses: [] } }))
    const started = performance.now()
    expect(splitBody(bodyOf(...changes))?.get('statuses')).toHaveLength(100_000)
    expect(performance.now() - started).toBeLessThan(3_000)
  })
})

describe('parsing a webhook body', () => {
  it('keeps every digit of numbers that a double cannot hold', () => {
    const digits = ['9007199254740993', '-9007199254740993', '168955000000000123456789', '18446744073709551615']
    for (const text of digits) {
      for (const json of [
        `{"id":${text}}`,
        `{"id": ${text}}`,
        `{"id":\n\t${text}}`,
        `{"a":[1,${text}]}`,
        `[${text}]`,
      ]) {
        expect(JSON.stringify(parseBody(json))).toContain(`"${text}"`)
      }
    }
  })

  it('leaves every other number a number', () => {
    const text = '{"a":1690000000,"b":9007199254740991,"c":1.5,"d":-0.25,"e":1e3,"f":"9007199254740993"}'
    expect(parseBody(text)).toEqual({
      a: 1_690_000_000,
      b: 9_007_199_254_740_991,
      c: 1.5,
      d: -0.25,
      e: 1000,
      f: '9007199254740993',
    })
  })

  it('is as JSON.parse for everything without long numbers', () => {
    fc.assert(
      fc.property(fc.json(), (json) => {
        if (/\d{16}/.test(json)) return
        expect(parseBody(json)).toEqual(JSON.parse(json))
      }),
    )
  })

  it('keeps a template’s long id through the split', () => {
    const value: Value = { event: 'APPROVED', message_template_id: 0 }
    const text = JSON.stringify(bodyOf({ field: 'message_template_status_update', value })).replace(
      '"message_template_id":0',
      '"message_template_id":16895500000000012345',
    )
    expect(splitBody(parseBody(text))?.get('account')?.[0]?.value).toEqual({
      ...value,
      message_template_id: '16895500000000012345',
    })
  })

  it.each(['', ' ', '{', 'null and void', '<html></html>', '{"a":1}{"b":2}', '\u0000'])(
    'gives nothing for %j',
    (text) => {
      expect(parseBody(text)).toBeUndefined()
    },
  )
})
