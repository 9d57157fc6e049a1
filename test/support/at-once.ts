/** Does the work for each item, four at a time: most of a request is waiting for a store. */
export async function fourAtOnce<Item>(items: Iterable<Item>, work: (item: Item) => Promise<void>): Promise<void> {
  const all = [...items].values()
  const worker = async () => {
    for (const item of all) await work(item)
  }
  await Promise.all(Array.from({ length: 4 }, worker))
}
