/** Turns what a management call to Meta ended with into words for the person who asked for it. */
import * as z from 'zod'
import { AppError } from '../errors.ts'
import { errorRule } from './error-actions.ts'
import type { GraphAnswer, GraphError } from './graph.ts'

const TOKEN_CODES = new Set([0, 3, 10, 190, 131005])

/** Overload, throttling, maintenance: the same call works later. */
export function isPassing({ code }: GraphError): boolean {
  return ['retry', 'slow_down'].includes(errorRule(code).action)
}

/** Meta does not accept the token, or the token may not do this. */
export function isAboutToken({ code }: Pick<GraphError, 'code'>): boolean {
  return TOKEN_CODES.has(code) || (code >= 200 && code <= 299)
}

/** True for what `metaFailure` makes of a token that Meta refuses. */
export function isTokenRefusal(error: unknown): boolean {
  if (!(error instanceof AppError) || error.code !== 'meta_refused') return false
  const told = z.object({ meta: z.object({ code: z.number() }) }).safeParse(error.details)
  return told.success && isAboutToken(told.data.meta)
}

/** What Meta wants a person to read: its own user text where there is one. */
export function metaWords({ error_user_title, error_user_msg, error_data, message, code }: GraphError): string {
  const details = typeof error_data === 'string' ? error_data : error_data?.details
  const words = [error_user_title, error_user_msg].filter((text) => text !== undefined && text !== '').join(': ')
  return words || details || message || `Meta's code ${code}`
}

/** 400 with Meta's code and a hint where Meta refused, 502 where it could not be asked. `hints` goes by Meta's error. */
export function metaFailure(
  answer: Exclude<GraphAnswer, { kind: 'ok' }>,
  hintOf: (error: GraphError) => string,
): AppError {
  if (answer.kind !== 'refused') {
    return new AppError('meta_unavailable', 'Meta cannot be reached at the moment; nothing was changed, try again', {
      details: { reason: answer.reason },
    })
  }
  const { error } = answer
  const details = {
    meta: { code: error.code, error_subcode: error.error_subcode ?? null, message: metaWords(error) },
  }
  if (isPassing(error)) {
    return new AppError('meta_unavailable', `Meta is busy (code ${error.code}); try again in a few minutes`, {
      details,
    })
  }
  const hint = hintOf(error)
  return new AppError('meta_refused', `Meta refused this (code ${error.code}): ${metaWords(error)}. ${hint}`, {
    details: { ...details, hint },
  })
}
