/** The tags of a workspace's contacts, each with how many have it. */
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { foldTag } from './fold.ts'
import { contactStore } from './store.ts'

export interface CountedTag {
  /** As most contacts have it. */
  tag: string
  count: number
}

/** More would be a long answer that nobody reads; those that most contacts have come first. */
export const MOST_TAGS_LISTED = 1000

/** One query that groups the contacts by tag, and reads none of them back. Tags that differ in letter case are one. */
export async function countTags(
  { containers }: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
): Promise<{ tags: CountedTag[]; total: number }> {
  const byFolded = new Map<string, CountedTag & { most: number }>()
  for (const { tag, count } of await contactStore(containers).countTags(workspaceId)) {
    const known = byFolded.get(foldTag(tag)) ?? { tag, count: 0, most: 0 }
    const shown = count > known.most || (count === known.most && tag < known.tag) ? tag : known.tag
    byFolded.set(foldTag(tag), { tag: shown, count: known.count + count, most: Math.max(known.most, count) })
  }
  const all = [...byFolded.values()].sort((a, b) => b.count - a.count || (a.tag < b.tag ? -1 : 1))
  return { tags: all.slice(0, MOST_TAGS_LISTED).map(({ tag, count }) => ({ tag, count })), total: all.length }
}
