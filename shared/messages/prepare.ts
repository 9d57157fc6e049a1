/** The last look before a message goes out: may it still be sent, and what exactly is Meta given. */
import { contactOrNone } from '../contacts/for-send.ts'
import { isOptedOut } from '../contacts/schema.ts'
import type { Deps } from '../deps.ts'
import { mediaOrNone } from '../media/find.ts'
import type { UsedCopy } from '../media/copies.ts'
import { fileForMeta, type FileForMeta } from '../media/for-meta.ts'
import { keepAtMeta } from '../media/keep-at-meta.ts'
import { phoneNumberOrNone } from '../phone-numbers/find.ts'
import { tokenOf, type PhoneNumber } from '../phone-numbers/schema.ts'
import { templateOrNone } from '../templates/find.ts'
import { mediaHeader } from '../templates/render.ts'
import { templateParameters } from '../templates/parameters.ts'
import type { SendOutcome } from '../whatsapp/outcome.ts'
import { sendingSettings } from '../workspaces/settings.ts'
import { AppError } from '../errors.ts'
import { isUserId } from './conversation.ts'
import { finalIfStopped } from './final-outcome.ts'
import type { Failure, InteractiveContent, MediaContent, OutboundMessage, TemplateContent } from './schema.ts'

type PrepareDeps = Pick<Deps, 'blobs' | 'config' | 'containers' | 'graph' | 'log' | 'now' | 'uploadsToMeta'>

/** Before Meta is given a file again. */
const LATER_MS = 10_000

export interface Ready {
  kind: 'ready'
  number: PhoneNumber
  token: string
  /** Made before. */
  tries: number
  /** Whom it goes to and what it is. Holds a signed link where a file is sent: neither stored nor logged. */
  content: Record<string, unknown>
  /** The copy of a file at Meta that `content` names. */
  copy: UsedCopy | undefined
}

interface Refused {
  kind: 'refused'
  failure: Failure
}

/** Meta could not be given the file yet. */
interface Later {
  kind: 'later'
  afterMs: number
}

export type Preparation = Ready | Refused | Later

export async function prepare(deps: PrepareDeps, message: OutboundMessage): Promise<Preparation> {
  const suspended = await suspension(deps, message)
  if (suspended !== undefined) return refused('workspace_suspended', suspended)
  const phoneNumber = await phoneNumberOrNone(deps, message.workspace_id, message.phone_number_id)
  if (!phoneNumber) return refused('phone_number_not_found', 'The phone number was deleted')
  if (phoneNumber.status !== 'active') {
    return refused('phone_number_not_active', `The phone number is ${phoneNumber.status}`)
  }
  const content = await contentOf(deps, message, phoneNumber)
  if (content.kind !== 'content') return content
  const token = tokenOf(deps.config, phoneNumber)
  const to = isUserId(message.to_number) ? { recipient: message.to_number } : { to: message.to_number }
  const quoted = message.quotes === null ? {} : { context: { message_id: message.quotes } }
  return {
    kind: 'ready',
    number: phoneNumber,
    token,
    tries: message.tries,
    content: { ...to, ...quoted, ...content.json },
    copy: content.copy,
  }
}

async function suspension(deps: PrepareDeps, { workspace_id }: OutboundMessage): Promise<string | undefined> {
  try {
    await sendingSettings(deps, workspace_id)
    return undefined
  } catch (error) {
    if (error instanceof AppError && error.code === 'workspace_suspended') return error.message
    throw error
  }
}

function refused(code: string, title: string): Refused {
  return { kind: 'refused', failure: { code, title } }
}

/** The part of Meta's request that says what is sent. */
type Prepared = { kind: 'content'; json: Record<string, unknown>; copy?: UsedCopy | undefined } | Refused | Later

function prepared(json: Record<string, unknown>, file?: FileForMeta): Prepared {
  return { kind: 'content', json, copy: file?.copy }
}

function contentOf(deps: PrepareDeps, message: OutboundMessage, number: PhoneNumber): Promise<Prepared> {
  const { content } = message
  switch (content.type) {
    case 'text':
      return Promise.resolve(prepared({ type: 'text', text: { body: content.text } }))
    case 'template':
      return templateContent(deps, message, content, number)
    case 'interactive':
      return interactiveContent(deps, content, number)
    case 'location':
    case 'contacts':
      return Promise.resolve(prepared({ ...content }))
    case 'reaction': {
      const reaction = { message_id: content.wamid, emoji: content.emoji ?? '' }
      return Promise.resolve(prepared({ type: 'reaction', reaction }))
    }
    default:
      return mediaContent(deps, content, number)
  }
}

/** The template as it is now counts: Meta may have paused it or put it into another category since. */
async function templateContent(
  deps: PrepareDeps,
  { workspace_id, contact_id }: OutboundMessage,
  { template_id, name, language, components, header_media_id: mediaId }: TemplateContent,
  number: PhoneNumber,
): Promise<Prepared> {
  const template = await templateOrNone(deps, workspace_id, template_id)
  if (template?.status !== 'APPROVED' || template.is_disabled_here === true) {
    return refused('template_not_approved', `The template is ${template?.status ?? 'deleted'}, or disabled here`)
  }
  if (template.category === 'MARKETING') {
    const contact = await contactOrNone(deps, workspace_id, contact_id)
    if (contact && isOptedOut(contact)) return refused('contact_opted_out', 'The contact opted out meanwhile')
  }
  const wanted = { name, language: { code: language }, components }
  const { media: kind } = templateParameters(template.components)
  return withHeader(deps, wanted, { kind, mediaId, number })
}

interface FileHeader {
  kind: Parameters<typeof mediaHeader>[0] | undefined
  mediaId: string | undefined
  number: PhoneNumber
}

async function withHeader(
  deps: PrepareDeps,
  wanted: { components: unknown[] },
  { kind, mediaId, number }: FileHeader,
): Promise<Prepared> {
  if (mediaId === undefined) return prepared({ type: 'template', template: wanted })
  if (kind === undefined) return mediaGone()
  const file = await fileOf(deps, number, { mediaId, isDocument: kind === 'document' })
  if ('kind' in file) return file
  const components = [mediaHeader(kind, file.object), ...wanted.components]
  return prepared({ type: 'template', template: { ...wanted, components } }, file)
}

/** With our file as Meta knows it. */
async function interactiveContent(
  deps: PrepareDeps,
  { interactive, header_media_id: mediaId }: InteractiveContent,
  number: PhoneNumber,
): Promise<Prepared> {
  if (mediaId === undefined) return prepared({ type: 'interactive', interactive })
  // Checked by the API.
  const { type } = { type: '', ...(interactive['header'] as object) }
  const file = await fileOf(deps, number, { mediaId, isDocument: type === 'document' })
  if ('kind' in file) return file
  const header = { type, [type]: file.object }
  return prepared({ type: 'interactive', interactive: { ...interactive, header } }, file)
}

async function mediaContent(
  deps: PrepareDeps,
  { type, media_id, caption }: MediaContent,
  number: PhoneNumber,
): Promise<Prepared> {
  const file = await fileOf(deps, number, { mediaId: media_id, isDocument: type === 'document' })
  if ('kind' in file) return file
  return prepared({ type, [type]: { ...file.object, ...(caption === null ? {} : { caption }) } }, file)
}

/** Given to Meta if it has no copy for this number; read again afterwards, because it may have been deleted meanwhile. */
async function fileOf(
  deps: PrepareDeps,
  number: PhoneNumber,
  { mediaId, isDocument }: { mediaId: string; isDocument: boolean },
): Promise<FileForMeta | Refused | Later> {
  const as = { phoneNumberId: number.id, isDocument }
  const media = await mediaOrNone(deps, number.workspace_id, mediaId)
  if (!media) return mediaGone()
  const known = await fileForMeta(deps, media, as)
  if (known) return known
  const kept = await keepAtMeta(deps, media, number)
  if (kept.kind === 'not_kept') return notKept(kept)
  const now = await mediaOrNone(deps, number.workspace_id, mediaId)
  if (!now) return mediaGone()
  return (await fileForMeta(deps, now, as)) ?? { kind: 'later', afterMs: LATER_MS }
}

/** Nothing was sent, so another try is safe; the message's age sets an end to them. */
function notKept(outcome: SendOutcome): Refused | Later {
  const { result } = finalIfStopped(outcome)
  if (result.kind === 'again') return { kind: 'later', afterMs: Math.max(LATER_MS, result.afterMs) }
  return result.kind === 'failed' ? refused(String(result.code), result.reason) : { kind: 'later', afterMs: LATER_MS }
}

function mediaGone(): Refused {
  return refused('media_not_found', 'The file was deleted meanwhile')
}
