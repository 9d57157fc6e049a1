/** What Meta was asked about files, and what a message named. */
import type { Deps } from '../../shared/deps.ts'
import type { Media } from '../../shared/media/schema.ts'
import { mediaStore } from '../../shared/media/store.ts'
import type { GraphRequest } from '../../shared/whatsapp/graph.ts'

export interface NotedCalls {
  deps: Deps
  /** What messages said, in their order. */
  bodies: Record<string, unknown>[]
  uploads: number
  removals: number
}

/** Deps that note what Meta is asked. */
export function notingMeta(deps: Deps): NotedCalls {
  const noted: NotedCalls = { deps, bodies: [], uploads: 0, removals: 0 }
  const { graph } = deps
  const call = (request: GraphRequest) => {
    if (request.path.endsWith('/messages')) noted.bodies.push(request.json as Record<string, unknown>) // sends have a body
    if (request.path.endsWith('/media')) noted.uploads++
    if (request.method === 'DELETE') noted.removals++
    return graph.call(request)
  }
  noted.deps = { ...deps, graph: { ...graph, call } }
  return noted
}

/** As if Meta had been given the copies so much earlier. */
export async function agedCopies({ containers }: Deps, media: Media, byMs: number): Promise<void> {
  const store = mediaStore(containers)
  const stored = await store.findAny(media.workspace_id, media.id)
  if (!stored) throw new Error('no such file')
  const earlier = (at: string) => new Date(Date.parse(at) - byMs).toISOString()
  const at_meta = stored.value.at_meta.map((copy) => ({
    ...copy,
    uploaded_at: earlier(copy.uploaded_at),
    expires_at: earlier(copy.expires_at),
  }))
  await store.replace(stored, { ...stored.value, at_meta })
}

export async function copiesOf(
  { containers }: Deps,
  media: Pick<Media, 'id' | 'workspace_id'>,
): Promise<Media['at_meta']> {
  return (await mediaStore(containers).findAny(media.workspace_id, media.id))?.value.at_meta ?? []
}
