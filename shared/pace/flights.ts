/**
 * The sends of a number that this process has on their way to Meta. Meta counts what arrives: where something stalls, a
 * process that cannot connect yet or a network that holds everything up, sends that left in their slots arrive together.
 * So no more may be under way than answers in the usual time account for, and a little.
 */

/**
 * Beside what the usual time of an answer asks for: two blocks, so that one leaves while the answers of another come. With
 * three, what a stall held up and the sends of the second after it were more than 1,050, some times in 100,000 sends.
 */
const FEWEST = 64
/** Answers that take longer than this many times the fastest are held up: more sends would only wait with them. */
const HELD_UP = 2
/** Weight of the latest answer. */
const USUAL_WEIGHT = 0.05
/** The fastest one is forgotten by this share of the difference with every slower one. */
const FASTEST_WEIGHT = 0.0002

/** A block of sends under way. */
export interface Flight {
  /** One of them is over. `afterMs` where Meta took it: a refusal, or a send that never left, says nothing of how long that takes. */
  landed(afterMs?: number): void
  /** Those that did not land never left. */
  end(): void
}

export interface Flights {
  /** Resolves when so many more may leave; in the order in which they were asked for. */
  depart(count: number, ratePerSecond: number): Promise<Flight>
}

interface Waiting {
  count: number
  ratePerSecond: number
  leave: () => void
}

/** Of one number. */
export function flights(): Flights {
  const waiting: Waiting[] = []
  let underWay = 0
  let fastestMs: number | undefined
  let usualMs: number | undefined

  const hasRoom = ({ count, ratePerSecond }: Waiting): boolean => {
    const answerMs = Math.min(usualMs ?? 0, HELD_UP * (fastestMs ?? 0))
    return underWay === 0 || underWay + count <= FEWEST + (ratePerSecond * answerMs) / 1000
  }

  function letLeave(): void {
    for (let [next] = waiting; next && hasRoom(next); [next] = waiting) {
      waiting.shift()
      underWay += next.count
      next.leave()
    }
  }

  function learn(afterMs: number): void {
    usualMs = usualMs === undefined ? afterMs : usualMs + (afterMs - usualMs) * USUAL_WEIGHT
    fastestMs =
      fastestMs === undefined || afterMs < fastestMs ? afterMs : fastestMs + (afterMs - fastestMs) * FASTEST_WEIGHT
  }

  function flightOf(count: number): Flight {
    let left = count
    return {
      landed(afterMs) {
        if (afterMs !== undefined) learn(afterMs)
        left--
        underWay--
        letLeave()
      },
      end() {
        underWay -= left
        left = 0
        letLeave()
      },
    }
  }

  return {
    depart: (count, ratePerSecond) =>
      new Promise((resolve) => {
        waiting.push({ count, ratePerSecond, leave: () => resolve(flightOf(count)) })
        letLeave()
      }),
  }
}
