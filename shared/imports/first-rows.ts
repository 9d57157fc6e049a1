/**
 * Which row of a file first had a person's number: of a million people, in 24 bytes each. Ids of people have at most 15
 * digits, so they are exact as numbers; a Map of texts would take five times the memory.
 */

import { randomBytes } from 'node:crypto'

const TWO_TO_32 = 2 ** 32
const FIRST_SLOTS = 4096
/** Fuller, and looking something up takes long. */
const MOST_FULL = 0.5

export function firstRows() {
  let people = new Float64Array(FIRST_SLOTS)
  let rows = new Uint32Array(FIRST_SLOTS)
  let size = 0

  // Multiply-shift with multipliers that nobody knows: no file can be made whose numbers all meet in one slot.
  const [low = 1, high = 1] = Array.from({ length: 2 }, () => randomBytes(4).readInt32LE() | 1)

  const slotOf = (person: number): number => {
    const mask = people.length - 1
    const mixed = Math.imul(person % TWO_TO_32, low) + Math.imul(Math.floor(person / TWO_TO_32), high)
    let slot = mixed >>> Math.clz32(mask)
    while (people[slot] !== 0 && people[slot] !== person) slot = (slot + 1) & mask
    return slot
  }

  const grow = (): void => {
    const [oldPeople, oldRows] = [people, rows]
    people = new Float64Array(oldPeople.length * 2)
    rows = new Uint32Array(oldPeople.length * 2)
    for (const [index, person] of oldPeople.entries()) {
      if (person === 0) continue
      const slot = slotOf(person)
      people[slot] = person
      rows[slot] = oldRows[index] ?? 0
    }
  }

  return {
    /** The earlier row with this person, or undefined: then this row is the first. */
    take(personKey: string, row: number): number | undefined {
      const person = Number(personKey)
      const slot = slotOf(person)
      if (people[slot] === person) return rows[slot]
      people[slot] = person
      rows[slot] = row
      size++
      if (size > people.length * MOST_FULL) grow()
      return undefined
    },
  }
}
