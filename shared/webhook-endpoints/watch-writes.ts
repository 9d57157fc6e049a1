/**
 * Every write of a campaign, template, number or consent passes here, so that none can forget to tell. Where somebody
 * listens, a queue message goes ahead of the write and comes back after it: whatever a crash kept from being told is
 * told then, and what was never written is not.
 */
import type { BatchOperation, Document, DocumentContainer } from '../azure/cosmos.ts'
import type { Deps } from '../deps.ts'
import { changeOf, type Change } from './changes.ts'
import type { Events } from './publish.ts'

/** Longer than a write and what follows it take. */
const AFTER_THE_WRITE_SECONDS = 30
/** So that a queue message holds them: 48 KB of text. */
const CHANGES_PER_MESSAGE = 40

type Watching = Pick<Deps, 'queues' | 'log' | 'now'> & { events: Events }
type Watched = 'core' | 'contacts'

export function watchWrites(deps: Watching, name: Watched, container: DocumentContainer): DocumentContainer {
  const told = <T>(changes: (Change | undefined)[], write: () => Promise<T>): Promise<T> =>
    telling(
      deps,
      name,
      changes.filter((change) => change !== undefined),
      write,
    )
  return {
    ...container,
    create: (document, partition) =>
      told([changeOf(undefined, document, deps.now())], () => container.create(document, partition)),
    replace: (stored, document, partition) =>
      told([changeOf(objectIn(stored.value), document, deps.now())], () =>
        container.replace(stored, document, partition),
      ),
    batch: (operations, partition) =>
      told(changesIn(operations, deps.now()), () => container.batch(operations, partition)),
  }
}

/** A batch does not say what was there before: whoever writes one writes what changed. */
function changesIn(operations: BatchOperation<Document>[], now: Date): (Change | undefined)[] {
  return operations.map(({ document }) => changeOf(undefined, document, now))
}

function objectIn(value: unknown): object | undefined {
  return typeof value === 'object' && value !== null ? value : undefined
}

async function telling<T>(deps: Watching, name: Watched, changes: Change[], write: () => Promise<T>): Promise<T> {
  const [first] = changes
  if (!first) return write()
  // A write goes to one partition, and so to one workspace.
  const { workspaceId } = first
  const listened: Change[] = []
  for (const change of changes) {
    if (await deps.events.isListening(workspaceId, change.event.type)) listened.push(change)
  }
  for (let at = 0; at < listened.length; at += CHANGES_PER_MESSAGE) {
    const part = listened.slice(at, at + CHANGES_PER_MESSAGE)
    const message = {
      workspace_id: workspaceId,
      container: name,
      changes: part.map(({ documentId, event }) => ({ document_id: documentId, event })),
    }
    await deps.queues.send('endpoint-changes', message, { delaySeconds: AFTER_THE_WRITE_SECONDS })
  }
  const written = await write()
  await tellNow(deps, listened)
  return written
}

/** The write stands, and so must the answer to whoever asked for it: what fails here comes back with the queue. */
async function tellNow({ events, log }: Watching, changes: Change[]): Promise<void> {
  const [first] = changes
  if (!first) return
  try {
    await events.publish(
      first.workspaceId,
      changes.map(({ event }) => event),
    )
  } catch (error) {
    log.warn('event.told_later', { workspace_id: first.workspaceId, error })
  }
}
