import { randomBytes } from 'node:crypto'
import { expect, it } from 'vitest'
import { keyring } from '../../../shared/crypto/keyring.ts'
import { answerBox } from '../../../shared/idempotency/answer-box.ts'

const answer = { status: 201, headers: {}, body: { id: 'made' } }

it('opens with the key that sealed it, also after another has become current, and answers of before keys had ids', () => {
  const ring = keyring(randomBytes(32))
  const box = answerBox({ keyring: ring }, 'row', 'client key')
  const { sealedWith, ...old } = box.seal(answer)
  expect(sealedWith).toBe('setting')
  ring.add({ id: 'newer', key: randomBytes(32) })
  ring.makeCurrent('newer')
  expect(box.open(old)).toEqual(answer)
  const kept = box.seal(answer)
  expect(kept['sealedWith']).toBe('newer')
  ring.makeCurrent('setting')
  expect(box.open(kept)).toEqual(answer)
  expect(() => answerBox({ keyring: ring }, 'row', 'another key').open(kept)).toThrow()
})
