import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { withStatus, type TemplateEvent } from '../../../shared/templates/apply-status.ts'
import { TemplateStatus, type Template } from '../../../shared/templates/schema.ts'
import { aTemplate } from './support.ts'

const template = aTemplate({ created_at: '2026-05-01T12:00:00.000Z' })

function anEvent(changes: Partial<TemplateEvent> = {}): TemplateEvent {
  return {
    wabaId: template.waba_id,
    name: template.name,
    language: 'en',
    event: 'APPROVED',
    reason: 'NONE',
    metaTemplateId: '1315500000000001',
    at: '2026-05-01T12:00:05.000Z',
    ...changes,
  }
}

function templateAfter(events: { status: TemplateStatus; event: TemplateEvent }[]): Template {
  return events.reduce((current, { status, event }) => withStatus(current, event, status) ?? current, template)
}

const someEvent = fc
  .record({ status: fc.constantFrom(...TemplateStatus.options), second: fc.integer({ min: 0, max: 4 }) })
  .map(({ status, second }) => ({
    status,
    event: anEvent({ event: status, at: `2026-05-01T12:00:0${second}.000Z`, reason: status }),
  }))

describe('status events', () => {
  it('end the same in any order, however often each comes', () => {
    const histories = fc.array(someEvent, { minLength: 1, maxLength: 8 }).chain((events) => {
      const twice = [...events, ...events]
      return fc.tuple(
        fc.constant(events),
        fc.shuffledSubarray(twice, { minLength: twice.length, maxLength: twice.length }),
      )
    })
    fc.assert(
      fc.property(histories, ([events, shuffled]) => {
        expect(templateAfter(shuffled)).toEqual(templateAfter(events))
      }),
    )
  })

  it('change nothing the second time', () => {
    fc.assert(
      fc.property(someEvent, ({ status, event }) => {
        const once = withStatus(template, event, status)
        expect(once && withStatus(once, event, status)).toBeUndefined()
      }),
    )
  })

  it('of another template with the same name are not for this one', () => {
    const known = aTemplate({ meta_template_id: '1' })
    expect(withStatus(known, anEvent({ metaTemplateId: '2' }), 'DELETED')).toBeUndefined()
    const before = anEvent({ event: 'DELETED', at: '2026-05-01T11:00:00.000Z' })
    expect(withStatus(template, before, 'DELETED')).toBeUndefined()
  })

  it('keep Meta’s reason, and forget it on approval', () => {
    const rejected = withStatus(template, anEvent({ reason: 'INVALID_FORMAT' }), 'REJECTED')
    expect(rejected).toMatchObject({ status: 'REJECTED', rejection_reason: 'INVALID_FORMAT' })
    const approved = rejected && withStatus(rejected, anEvent({ at: '2026-05-01T12:00:09.000Z' }), 'APPROVED')
    expect(approved).toMatchObject({ status: 'APPROVED', rejection_reason: null, meta_template_id: '1315500000000001' })
  })
})
