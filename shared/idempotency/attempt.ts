/** One request under its Idempotency-Key, from its claim to the record of its answer. */
import type { Deps } from '../deps.ts'
import type { Answer } from '../http/endpoint.ts'
import { sha256Hex } from '../crypto/sha256.ts'
import { fingerprintOf } from './fingerprint.ts'
import { REPLAYED_HEADER } from './key.ts'
import type { Once } from './once.ts'
import type { KeyedRequest, Run } from './records.ts'

export interface Keyed extends KeyedRequest {
  /** The parts of the request that are read before the endpoint begins. */
  parts: unknown
  /** The endpoint reads a form itself: only then is it known what is asked for. */
  isForm: boolean
}

/** What an endpoint works with under a key. */
export interface Attempt {
  once: Once
  /** Throws what is to be answered instead, unless this is the run that may go on. */
  begin: (formFingerprint: string) => Promise<void>
}

/** Ends a run before its effect: the request was answered before. */
class Replayed extends Error {
  readonly answer: Answer

  constructor(answer: Answer) {
    super('This request was answered before')
    this.answer = answer
  }
}

/**
 * Runs `work`, or answers what an earlier run of the request did. Only answers that tell of a success are kept: a refused
 * request did nothing, and a failed one may be tried again, under the same key and with the same ids.
 */
export async function underKey(
  deps: Pick<Deps, 'idempotency' | 'log'>,
  keyed: Keyed,
  work: (attempt: Attempt) => Promise<Answer>,
): Promise<Answer> {
  let run: Run | undefined
  const begin = async (form: string): Promise<void> => {
    const begun = await deps.idempotency.begin(keyed, fingerprintOf({ parts: keyed.parts, form }))
    if ('answer' in begun) {
      const { status, headers, body } = begun.answer
      throw new Replayed({ status, body, headers: { ...headers, [REPLAYED_HEADER.toLowerCase()]: 'true' } })
    }
    run = begun
  }
  try {
    if (!keyed.isForm) await begin('')
    const answer = await work({ once: onceOf(() => run), begin })
    if (!run) throw new Error('A form was read without a word about what it is: see IncomingRequest.onForm')
    await settle(deps, run, answer)
    return answer
  } catch (error) {
    if (error instanceof Replayed) return error.answer
    await settle(deps, run, undefined)
    throw error
  }
}

/** The effect stands whatever becomes of its record: without it the request runs again, and makes nothing anew. */
async function settle({ log }: Pick<Deps, 'log'>, run: Run | undefined, answer: Answer | undefined): Promise<void> {
  const isKept = answer !== undefined && answer.status < 400
  try {
    if (isKept) await run?.keep({ status: answer.status, headers: answer.headers ?? {}, body: answer.body })
    else await run?.giveBack()
  } catch (error) {
    log.error('idempotency.not_recorded', { error })
  }
}

/** The claim of a form is made while the endpoint reads it. */
function onceOf(run: () => Run | undefined): Once {
  const begun = (): Run => {
    const current = run()
    if (!current) throw new Error('The endpoint made something before its request was read to the end')
    return current
  }
  const seed = (purpose: string): string => sha256Hex(`${begun().seed}\n${purpose}`)
  return {
    seed,
    get mark() {
      return seed('mark')
    },
    get isRepeat() {
      return begun().isRepeat
    },
    get since() {
      return begun().since
    },
  }
}
