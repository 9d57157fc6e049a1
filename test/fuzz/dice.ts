/** Chance that can be repeated: the same seed always falls the same way. */

export class Dice {
  #state: number

  constructor(seed: number, index = 0) {
    this.#state = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(index + 1, 0xc2b2ae35)
  }

  /** From 0 up to, and without, 1 (mulberry32). */
  roll(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }

  chance(share: number): boolean {
    return this.roll() < share
  }

  below(limit: number): number {
    return Math.floor(this.roll() * limit)
  }

  pick<T>(from: readonly [T, ...T[]]): T {
    return from[this.below(from.length)] ?? from[0]
  }

  /** One of them, or nothing where there is none. */
  some<T>(from: readonly T[]): T | undefined {
    return from[this.below(from.length)]
  }

  weighted<T>(from: readonly (readonly [T, number])[]): T {
    const total = from.reduce((sum, [, weight]) => sum + weight, 0)
    let left = this.roll() * total
    for (const [value, weight] of from) {
      left -= weight
      if (left < 0) return value
    }
    throw new RangeError('There is nothing to choose from')
  }
}
