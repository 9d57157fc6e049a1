/** Every five minutes: says which poison queues hold messages. Azure has no figure for a single queue that an alert could watch. */
import type { Deps } from '../deps.ts'

/** How many poison queues hold anything. */
export async function watchPoison({ poisonDepths, log }: Pick<Deps, 'poisonDepths' | 'log'>): Promise<number> {
  const filled = (await poisonDepths()).filter(({ depth }) => depth > 0)
  for (const { queue, depth } of filled) log.warn('queue.poison', { queue, depth })
  return filled.length
}
