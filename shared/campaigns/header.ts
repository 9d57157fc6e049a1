/** The header of a campaign's template where it is a file or a place: the same for every recipient. */
import type { Deps } from '../deps.ts'
import type { Problem } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { mediaOrNone } from '../media/find.ts'
import type { UsedCopy } from '../media/copies.ts'
import { fileForMeta } from '../media/for-meta.ts'
import { sendableAs } from '../media/sendable.ts'
import { templateParameters } from '../templates/parameters.ts'
import type { HeaderMedia } from '../templates/render.ts'
import type { Template } from '../templates/schema.ts'
import type { Campaign } from './schema.ts'
import type { Variables, VariableSource } from './variable-sources.ts'

export const MEDIA_KEY = 'header.media'

type Components = Pick<Template, 'components'>
type FileKind = 'image' | 'video' | 'document'

/** What is wrong with what is given for the header; that nothing is given is not told here. */
export async function headerProblems(
  deps: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  { components }: Components,
  variables: Variables,
): Promise<Problem[]> {
  const { media: kind } = templateParameters(components)
  const source = variables[MEDIA_KEY]
  if (kind === undefined || !source) return []
  const msg = kind === 'location' ? placeProblem(source) : await fileProblem(deps, workspaceId, { kind, source })
  return msg === undefined ? [] : [{ loc: ['body', 'variables', MEDIA_KEY], msg, type: 'value_error' }]
}

function placeProblem(source: VariableSource): string | undefined {
  if ('latitude' in source) return undefined
  return 'The header of the template is a place: {"latitude": …, "longitude": …, "name": "…", "address": "…"}'
}

async function fileProblem(
  deps: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  { kind, source }: { kind: FileKind; source: VariableSource },
): Promise<string | undefined> {
  if ('media_id' in source) {
    const media = await mediaOrNone(deps, workspaceId, source.media_id)
    if (!media) return 'No media file of this workspace has this id'
    const possible = sendableAs(media)
    if (possible.includes(kind)) return undefined
    return `The header of the template is ${kind}; WhatsApp takes this file as ${possible.join(' or ') || 'nothing'}`
  }
  if ('value' in source && isPublicLink(source.value)) return undefined
  return `The header of the template is ${kind}: {"media_id": "…"} of our media, or a public link, {"value": "https://…"}`
}

function isPublicLink(text: string): boolean {
  return text.startsWith('https://') && URL.canParse(text)
}

/** Our file in the header, if it is one. */
export function headerMediaId(variables: Variables): string | undefined {
  const source = variables[MEDIA_KEY]
  return source && 'media_id' in source ? source.media_id : undefined
}

export interface Header {
  /**
   * The media object for Meta; undefined where the template takes none. `awaited` until Meta has our file, `gone` once it was
   * deleted. It may hold a link that is signed for an hour: make it anew for every few sends, and neither store nor log it.
   */
  media: HeaderMedia | 'awaited' | 'gone' | undefined
  /** The copy of our file at Meta that it names. */
  copy?: UsedCopy | undefined
}

/** Gives nothing to Meta: the conductor does, once for all senders (see header-file.ts). */
export async function headerOf(
  deps: Pick<Deps, 'containers' | 'blobs' | 'now'>,
  { workspace_id, variables }: Pick<Campaign, 'workspace_id' | 'variables'>,
  { components }: Components,
  phoneNumberId: string,
): Promise<Header> {
  const { media: kind } = templateParameters(components)
  const id = headerMediaId(variables)
  if (kind === undefined || id === undefined) return { media: fixedHeader(variables) }
  const media = await mediaOrNone(deps, workspace_id, id)
  if (!media) return { media: 'gone' }
  const file = await fileForMeta(deps, media, { phoneNumberId, isDocument: kind === 'document' })
  return file ? { media: file.object, copy: file.copy } : { media: 'awaited' }
}

/** The media object where it is the same at any time: a public link, or a place. */
export function fixedHeader(variables: Variables): HeaderMedia | undefined {
  const source = variables[MEDIA_KEY]
  if (source && 'latitude' in source) return { ...source }
  return source && 'value' in source ? { link: source.value } : undefined
}
