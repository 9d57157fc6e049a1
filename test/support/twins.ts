/** Requests under one Idempotency-Key that came at the same time. */
import { expect } from 'vitest'
import type { Answered } from './every-endpoint.ts'

/** The answer that all of them have who were not told to ask again in a moment; one of them has it first hand. */
export function oneAnswerOf(answers: Answered[]): Answered {
  const [refused, taken] = [true, false].map((is) => answers.filter(({ status }) => (status === 409) === is))
  for (const { text } of refused ?? []) expect(text).toContain('"idempotency_key_in_use"')
  expect(new Set(taken?.map(({ status, text }) => `${status} ${text}`)).size).toBe(1)
  const [first, ...others] = taken?.filter(({ headers }) => !('idempotency-replayed' in headers)) ?? []
  expect(others).toEqual([])
  if (!first) throw new Error('Nobody was answered first hand')
  return first
}
