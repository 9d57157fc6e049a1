/** The header of an interactive message: a text, or a file of ours, whose link is made when the message is sent. */
import * as z from 'zod'
import type { Deps } from '../deps.ts'
import { fieldProblem } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { mediaOrNone } from '../media/find.ts'
import { sendableAs } from '../media/sendable.ts'
import { atMost } from './text-limits.ts'

const File = z
  .object({
    id: z.uuid().optional().describe('Media file ID from /api/media'),
    link: z
      .url({ protocol: /^https$/ })
      .max(2000)
      .optional(),
  })
  .refine(({ id, link }) => (id === undefined) !== (link === undefined), { error: 'Give either id or link' })

export const InteractiveHeader = z
  .discriminatedUnion('type', [
    z.object({ type: z.literal('text'), text: atMost(60).min(1) }),
    z.object({ type: z.literal('image'), image: File }),
    z.object({ type: z.literal('video'), video: File }),
    z.object({ type: z.literal('document'), document: File }),
  ])
  .meta({ example: { type: 'text', text: 'Your order' } })
type Header = z.output<typeof InteractiveHeader>

/** Meta shows a file above buttons only, and a text above a list. */
export function headerProblem(type: string, header: Header | undefined): string | undefined {
  const isWrong = type === 'list' && header !== undefined && header.type !== 'text'
  return isWrong ? 'The header of a list should be a text' : undefined
}

/** The file that the header of an already checked interactive message names, if it is one of ours. */
export async function headerMedia(
  deps: Pick<Deps, 'containers'>,
  workspaceId: WorkspaceId,
  header: Header | undefined,
): Promise<string | undefined> {
  const given = header && fileIn(header)
  if (given?.file.id === undefined) return undefined
  const path = ['body', 'interactive', 'header', given.type, 'id']
  const media = await mediaOrNone(deps, workspaceId, given.file.id.toLowerCase())
  if (!media) throw fieldProblem(path, 'No media file of this workspace has this id')
  const ways = sendableAs(media)
  if (ways.includes(given.type)) return media.id
  throw fieldProblem(path, `WhatsApp does not take this file as ${given.type}: use it as ${ways.join(' or ')}`)
}

function fileIn(header: Header) {
  switch (header.type) {
    case 'text':
      return undefined
    case 'image':
      return { type: header.type, file: header.image }
    case 'video':
      return { type: header.type, file: header.video }
    case 'document':
      return { type: header.type, file: header.document }
  }
}
