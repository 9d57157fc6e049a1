/** Every code of the reference, with its HTTP status, in the two forms that errors have. */
import { describe, expect, it } from 'vitest'
import { GraphError, webhookError } from '../../../local/whatsapp-simulator/errors.ts'
import { anyText, partly } from './reply.ts'

const expected: Record<number, number[]> = {
  400: [
    1, 4, 33, 100, 80007, 130429, 130472, 131008, 131009, 131021, 131026, 131030, 131037, 131042, 131047, 131048,
    131051, 131053, 131056, 131062, 131063, 132000, 132005, 132007, 132008, 132012, 132015, 132016, 132018, 132068,
    132069, 133005, 133006, 133008, 133009, 133010, 133015, 133016, 134011, 135000,
  ],
  401: [0, 190],
  403: [10, 200, 368, 130497, 131005, 131031],
  404: [132001],
  500: [3, 131000, 131016, 131045, 131057, 133000],
  503: [2, 133004],
}
const cases = Object.entries(expected).flatMap(([http, codes]) => codes.map((code) => [code, Number(http)] as const))

describe('a Graph error', () => {
  it.each(cases)('%i is answered with %i', (code, http) => {
    const error = new GraphError(code)
    expect(error.http).toBe(http)
    expect(error.body()).toEqual({
      error: partly({ message: anyText, type: 'OAuthException', code, fbtrace_id: anyText }),
    })
  })

  it('of WhatsApp has its details under error_data', () => {
    expect(new GraphError(131056).body()).toMatchObject({
      error: {
        message: '(#131056) (Business Account, Consumer Account) pair rate limit hit',
        error_data: {
          messaging_product: 'whatsapp',
          details:
            'Message failed to send because there were too many messages sent from this phone number to the same phone number in a short period of time',
        },
      },
    })
    expect(new GraphError(10).body()).not.toHaveProperty('error.error_data')
  })
})

describe('an error in a webhook', () => {
  it.each([130403, 131026, 131047, 131049, 131050, 131052, 131053, 131060, 132015, 137000])(
    '%i has title and details',
    (code) => {
      expect(webhookError(code)).toEqual({
        code,
        title: anyText,
        message: anyText,
        error_data: { details: anyText },
        href: '/documentation/business-messaging/whatsapp/support/error-codes',
      })
    },
  )

  it('exists for codes that are in no table, too', () => {
    expect(webhookError(999_999)).toMatchObject({ code: 999_999, title: 'Something went wrong' })
    expect(new GraphError(999_999).http).toBe(400)
  })
})
