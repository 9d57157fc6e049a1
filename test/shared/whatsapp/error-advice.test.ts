import { describe, expect, it } from 'vitest'
import { adviceFor, errorClass, mayBeForced } from '../../../shared/whatsapp/error-advice.ts'

describe('the class of an error', () => {
  it.each([
    ['temporary', [0, 1, 2, 4, 80007, 130429, 131000, 131016, 131049, 131056, 131057, 133004, 135000]],
    ['account', [190, 131031, 131042, 131045, 131053, 132001, 132015, 132016, 133010, 368]],
    ['permanent', [100, 130472, 131008, 131021, 131026, 131047, 131050, 131051, 132000, 132012, 137000]],
  ] as const)('is %s where it should be', (kind, codes) => {
    expect(codes.filter((code) => errorClass(code) !== kind)).toEqual([])
  })

  it('of a code nobody knows is permanent: sent again only when forced', () => {
    expect(errorClass(199_999)).toBe('permanent')
    expect(mayBeForced(199_999)).toBe(true)
  })

  it('never lets anybody force marketing on who stopped it', () => {
    expect(mayBeForced(131050)).toBe(false)
  })

  it('comes with a plain reason and something to do', () => {
    for (const code of [1, 131026, 131042, 131049, 199_999]) {
      const { title, hint } = adviceFor(code)
      expect(title.length).toBeGreaterThan(10)
      expect(hint).toMatch(/^[A-Z].*\.$/)
    }
  })
})
