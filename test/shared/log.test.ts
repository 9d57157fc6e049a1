import { describe, expect, it } from 'vitest'
import { AppError } from '../../shared/errors.ts'
import { createLog, withLogFields } from '../../shared/log.ts'

type Line = Record<string, unknown>

function aLog() {
  const texts: string[] = []
  return {
    log: createLog((text) => texts.push(text)),
    texts,
    lines: () => texts.map((text) => JSON.parse(text) as Line),
  }
}

describe('the log', () => {
  it('writes one JSON line per event, with time, level and fields', () => {
    const { log, texts, lines } = aLog()
    log.info('thing.made', { count: 2, text: 'two\nlines' })
    log.warn('thing.odd')
    log.error('thing.failed', { error: new Error('why') })
    expect(texts.every((text) => !text.includes('\n'))).toBe(true)
    expect(lines()).toMatchObject([
      { level: 'info', event: 'thing.made', count: 2, text: 'two\nlines' },
      { level: 'warn', event: 'thing.odd' },
      { level: 'error', event: 'thing.failed', error: { name: 'Error', message: 'why' } },
    ])
    for (const { time } of lines()) expect(new Date(String(time)).toISOString()).toBe(time)
  })

  it('adds the fields of what it is written inside, the innermost last, and of nothing else', async () => {
    const { log, lines } = aLog()
    await withLogFields({ request_id: 'r', endpoint: 'e' }, async () => {
      await Promise.resolve()
      withLogFields({ endpoint: 'inner' }, () => log.info('inside'))
      log.info('between', { request_id: 'own' })
    })
    log.info('outside')
    expect(lines()).toMatchObject([
      { event: 'inside', request_id: 'r', endpoint: 'inner' },
      { event: 'between', request_id: 'own', endpoint: 'e' },
      { event: 'outside' },
    ])
    expect(lines()[2]).not.toHaveProperty('request_id')
  })

  it('keeps apart what runs at the same time', async () => {
    const { log, lines } = aLog()
    const work = (id: number) =>
      withLogFields({ id }, async () => {
        for (let turn = 0; turn < 5; turn++) {
          await Promise.resolve()
          log.info('turn', { expected: id })
        }
      })
    await Promise.all(Array.from({ length: 10 }, (_, id) => work(id)))
    expect(lines()).toHaveLength(50)
    for (const { id, expected } of lines()) expect(id).toBe(expected)
  })

  it('tells an error with its code, its stack and every cause', () => {
    const { log, lines } = aLog()
    const root = Object.assign(new Error('the socket closed'), { code: 'ECONNRESET' })
    const error = new AppError('storage_unavailable', 'try again', {
      cause: new Error('the call failed', { cause: root }),
    })
    log.error('failed', { error, deeper: { list: [root] } })
    expect(lines()[0]).toMatchObject({
      error: {
        name: 'AppError',
        message: 'try again',
        code: 'storage_unavailable',
        cause: { message: 'the call failed', cause: { message: 'the socket closed', code: 'ECONNRESET' } },
      },
      deeper: { list: [{ message: 'the socket closed' }] },
    })
    expect(String((lines()[0]?.['error'] as Line)['stack'])).toContain('log.test.ts')
  })

  it('does not repeat what JSON.parse could not read', () => {
    const { log, texts, lines } = aLog()
    const padding = ' '.repeat(40)
    for (const text of [
      'Dear Ada',
      `{"text": Dear "Ada"}`,
      `{"a":1,${padding}Dear Ada${padding}}`,
      '{"x":\nDear Ada\n}',
    ]) {
      try {
        JSON.parse(text)
      } catch (error) {
        log.error('failed', { error: new Error('wrapped', { cause: error }) })
      }
    }
    expect(texts.join('\n')).not.toContain('Dear')
    expect(texts.join('\n')).not.toContain('Ada')
    expect(lines()).toHaveLength(4)
    for (const { error } of lines()) expect(JSON.stringify(error)).toContain('SyntaxError')
  })
})
