/** A binary heap by due time: one timer serves hundreds of thousands of events. What is due together keeps its order. */
export class TimeHeap<Item extends { due: number; order?: number }> {
  #items: Item[] = []
  #pushed = 0

  get size(): number {
    return this.#items.length
  }

  get nextDue(): number {
    return this.#items[0]?.due ?? Infinity
  }

  clear(): void {
    this.#items = []
  }

  push(item: Item): void {
    const items = this.#items
    item.order = this.#pushed++
    let index = items.length
    items.push(item)
    while (index > 0) {
      const parentIndex = (index - 1) >> 1
      const parent = items[parentIndex]
      if (!parent || isBefore(parent, item)) break
      items[index] = parent
      index = parentIndex
    }
    items[index] = item
  }

  /** Takes the earliest item if it is due. */
  popDue(now: number): Item | undefined {
    const items = this.#items
    const first = items[0]
    if (!first || first.due > now) return undefined
    const last = items.pop()
    if (last && last !== first) this.#sink(last)
    return first
  }

  #sink(item: Item): void {
    const items = this.#items
    let index = 0
    for (;;) {
      let childIndex = 2 * index + 1
      let child = items[childIndex]
      const right = items[childIndex + 1]
      if (child && right && isBefore(right, child)) {
        child = right
        childIndex += 1
      }
      if (!child || isBefore(item, child)) break
      items[index] = child
      index = childIndex
    }
    items[index] = item
  }
}

function isBefore(one: { due: number; order?: number }, other: { due: number; order?: number }): boolean {
  return one.due < other.due || (one.due === other.due && (one.order ?? 0) < (other.order ?? 0))
}
