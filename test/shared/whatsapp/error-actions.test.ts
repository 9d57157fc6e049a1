import { describe, expect, it } from 'vitest'
import { errorRule, type ErrorAction } from '../../../shared/whatsapp/error-actions.ts'

/** Every code of Meta's reference with the HTTP status it comes with, and what becomes of a send that met it. */
const TABLE: [codes: number[], status: number, action: ErrorAction][] = [
  // The token or the account: nothing of it can be sent until a person mends that.
  [[0, 190], 401, 'stop_account'],
  [[3], 500, 'stop_account'],
  [[10, 200, 201, 240, 298, 299, 368, 131005, 131031], 403, 'stop_account'],
  [[131042], 400, 'stop_account'],
  // The number.
  [[33, 131037, 133005, 133006, 133008, 133009, 133010, 133015, 133016], 400, 'stop_number'],
  [[131045, 133000], 500, 'stop_number'],
  // A limit of the number, the account or a flow that lifts by itself.
  [[131048, 131064, 132069], 400, 'hold'],
  // The template.
  [[131063, 132007, 132015, 132016, 132068], 400, 'stop_template'],
  [[132001], 404, 'stop_template'],
  // Passing trouble.
  [[1, 135000], 400, 'retry'],
  [[131000, 131016, 131057], 500, 'retry'],
  [[2, 133004], 503, 'retry'],
  // Too fast.
  [[4, 80007, 130429], 400, 'slow_down'],
  [[131056], 400, 'retry_pair'],
  [[131049], 400, 'retry_tomorrow'],
  // This person: noted with the contact.
  [[131026, 131050, 137000], 400, 'mark_contact'],
  [[130403, 130497], 403, 'mark_contact'],
  // This message only.
  [[100, 130472, 131008, 131009, 131021, 131030, 131041, 131047, 131051], 400, 'fail'],
  [[131052, 131053, 131055, 131060, 131062, 132000, 132005, 132008, 132012, 132018, 134011], 400, 'fail'],
  [[134100, 134101, 134102], 400, 'fail'],
  // Other products: groups, calls, flows, usernames.
  [[130401, 130498, 131200, 131215, 138000, 138021, 139000, 139103, 147000], 400, 'fail'],
]

const rows = TABLE.flatMap(([codes, status, action]) => codes.map((code) => ({ code, status, action })))

describe('what to do about an error of a send', () => {
  it.each(rows)('with code $code is $action', ({ code, status, action }) => {
    expect(errorRule(code, status).action).toBe(action)
  })

  it('is said once for each code', () => {
    const codes = rows.map(({ code }) => code)
    expect(new Set(codes).size).toBe(codes.length)
  })

  it.each(rows)('with code $code is told a person in words, without codes of ours', ({ code, status }) => {
    expect(errorRule(code, status).reason).toMatch(/^[A-Z][^_]{10,}$/)
  })

  it('does not depend on the HTTP status where the code is known', () => {
    for (const { code, action } of rows.filter(
      ({ code }) => code < 130000 || [130429, 131026, 131000].includes(code),
    )) {
      for (const status of [200, 400, 429, 500, 503]) expect(errorRule(code, status).action).toBe(action)
    }
  })

  it('with an unknown code is to fail, or to try again when the HTTP status says that it passes', () => {
    for (const code of [5, 199, 300, 999_999, -1, 1.5]) {
      for (const status of [400, 401, 403, 404, 499]) expect(errorRule(code, status).action).toBe('fail')
      for (const status of [408, 429, 500, 502, 503]) expect(errorRule(code, status).action).toBe('retry')
      expect(errorRule(code).action).toBe('fail')
    }
  })
})
