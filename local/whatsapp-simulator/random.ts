/**
 * Chance without order: every choice is a pure function of the seed and of whom it concerns. So the same recipient meets
 * the same fate in every run, whatever arrived first and however often a process crashed in between.
 */

/** A 32-bit hash of the subject under this seed; the start of every `chance`. */
export function hashOf(seed: number, subject: string): number {
  let hash = seed ^ 0x811c9dc5
  for (let index = 0; index < subject.length; index += 1) {
    hash = Math.imul(hash ^ subject.charCodeAt(index), 0x01000193)
  }
  return mix(hash)
}

/** A number in [0, 1) for one purpose of one subject. */
export function chance(hash: number, purpose: number): number {
  return mix(hash + Math.imul(purpose, 0x9e3779b1)) / 0x1_0000_0000
}

/** A whole number of the range, both ends included. */
export function within([least, most]: readonly [number, number], share: number): number {
  return Math.floor(least + share * (most - least + 1))
}

function mix(value: number): number {
  let mixed = value
  mixed = Math.imul(mixed ^ (mixed >>> 16), 0x85ebca6b)
  mixed = Math.imul(mixed ^ (mixed >>> 13), 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
