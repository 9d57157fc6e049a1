/**
 * Every five minutes: says which poison queues hold messages. Azure has no figure for a single queue that an alert could watch.
 * The line at the end is a sign of life: an alert waits for its absence.
 */
import type { Deps } from '../deps.ts'

/** How many poison queues hold anything. */
export async function watchPoison({
  poisonDepths,
  log,
  telemetry,
}: Pick<Deps, 'poisonDepths' | 'log' | 'telemetry'>): Promise<number> {
  const depths = await poisonDepths()
  for (const { queue, depth } of depths) telemetry?.tell('herald.queue.poison', depth, { queue })
  const filled = depths.filter(({ depth }) => depth > 0)
  for (const { queue, depth } of filled) log.warn('queue.poison', { queue, depth })
  log.info('queue.watched', { filled: filled.length })
  return filled.length
}
