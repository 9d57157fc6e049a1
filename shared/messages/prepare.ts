/** The last look before a message goes out: may it still be sent, and what exactly is Meta given. */
import { contactOrNone } from '../contacts/for-send.ts'
import { isOptedOut } from '../contacts/schema.ts'
import type { Deps } from '../deps.ts'
import { mediaOrNone } from '../media/find.ts'
import { fileForMeta } from '../media/link.ts'
import { phoneNumberOrNone } from '../phone-numbers/find.ts'
import { tokenOf } from '../phone-numbers/schema.ts'
import { templateOrNone } from '../templates/find.ts'
import { mediaHeader } from '../templates/render.ts'
import { templateParameters } from '../templates/parameters.ts'
import type { Template } from '../templates/schema.ts'
import { sendingSettings } from '../workspaces/settings.ts'
import { AppError } from '../errors.ts'
import { isUserId } from './conversation.ts'
import type { Failure, InteractiveContent, MediaContent, OutboundMessage, TemplateContent } from './schema.ts'

type PrepareDeps = Pick<Deps, 'containers' | 'config' | 'blobs' | 'now'>

export interface Ready {
  kind: 'ready'
  /** Meta's id of the number. */
  metaId: string
  token: string
  /** Made before. */
  tries: number
  /** Whom it goes to and what it is. Holds a signed link where a file is sent: neither stored nor logged. */
  content: Record<string, unknown>
}

interface Refused {
  kind: 'refused'
  failure: Failure
}

export type Preparation = Ready | Refused

export async function prepare(deps: PrepareDeps, message: OutboundMessage): Promise<Preparation> {
  const suspended = await suspension(deps, message)
  if (suspended !== undefined) return refused('workspace_suspended', suspended)
  const phoneNumber = await phoneNumberOrNone(deps, message.workspace_id, message.phone_number_id)
  if (!phoneNumber) return refused('phone_number_not_found', 'The phone number was deleted')
  if (phoneNumber.status !== 'active') {
    return refused('phone_number_not_active', `The phone number is ${phoneNumber.status}`)
  }
  const content = await contentOf(deps, message)
  if (content.kind === 'refused') return content
  const token = tokenOf(deps.config, phoneNumber)
  const to = isUserId(message.to_number) ? { recipient: message.to_number } : { to: message.to_number }
  const quoted = message.quotes === null ? {} : { context: { message_id: message.quotes } }
  return {
    kind: 'ready',
    metaId: phoneNumber.meta_id,
    token,
    tries: message.tries,
    content: { ...to, ...quoted, ...content.json },
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
type Prepared = { kind: 'content'; json: Record<string, unknown> } | Refused

function prepared(json: Record<string, unknown>): Prepared {
  return { kind: 'content', json }
}

function contentOf(deps: PrepareDeps, message: OutboundMessage): Promise<Prepared> {
  const { content } = message
  switch (content.type) {
    case 'text':
      return Promise.resolve(prepared({ type: 'text', text: { body: content.text } }))
    case 'template':
      return templateContent(deps, message, content)
    case 'interactive':
      return interactiveContent(deps, message, content)
    case 'location':
    case 'contacts':
      return Promise.resolve(prepared({ ...content }))
    case 'reaction': {
      const reaction = { message_id: content.wamid, emoji: content.emoji ?? '' }
      return Promise.resolve(prepared({ type: 'reaction', reaction }))
    }
    default:
      return mediaContent(deps, message, content)
  }
}

/** The template as it is now counts: Meta may have paused it or put it into another category since. */
async function templateContent(
  deps: PrepareDeps,
  { workspace_id, contact_id }: OutboundMessage,
  { template_id, name, language, components, header_media_id }: TemplateContent,
): Promise<Prepared> {
  const template = await templateOrNone(deps, workspace_id, template_id)
  if (template?.status !== 'APPROVED' || template.is_disabled_here === true) {
    return refused('template_not_approved', `The template is ${template?.status ?? 'deleted'}, or disabled here`)
  }
  if (template.category === 'MARKETING') {
    const contact = await contactOrNone(deps, workspace_id, contact_id)
    if (contact && isOptedOut(contact)) return refused('contact_opted_out', 'The contact opted out meanwhile')
  }
  const header = await fileHeader(deps, template, header_media_id)
  if (!header) return mediaGone()
  const all = [...header, ...components]
  return prepared({ type: 'template', template: { name, language: { code: language }, components: all } })
}

/** Undefined where our file is gone. */
async function fileHeader(deps: PrepareDeps, { workspace_id, components }: Template, mediaId: string | undefined) {
  if (mediaId === undefined) return []
  const media = await mediaOrNone(deps, workspace_id, mediaId)
  const { media: kind } = templateParameters(components)
  if (!media || kind === undefined) return undefined
  return [mediaHeader(kind, await fileForMeta(deps, media, kind === 'document'))]
}

/** With a link to our file in place of its id. */
async function interactiveContent(
  deps: PrepareDeps,
  { workspace_id }: OutboundMessage,
  { interactive, header_media_id: mediaId }: InteractiveContent,
): Promise<Prepared> {
  if (mediaId === undefined) return prepared({ type: 'interactive', interactive })
  const media = await mediaOrNone(deps, workspace_id, mediaId)
  // Checked by the API.
  const { type } = { type: '', ...(interactive['header'] as object) }
  if (!media) return mediaGone()
  const header = { type, [type]: await fileForMeta(deps, media, type === 'document') }
  return prepared({ type: 'interactive', interactive: { ...interactive, header } })
}

async function mediaContent(
  deps: PrepareDeps,
  { workspace_id }: OutboundMessage,
  { type, media_id, caption }: MediaContent,
): Promise<Prepared> {
  const media = await mediaOrNone(deps, workspace_id, media_id)
  if (!media) return mediaGone()
  const file = await fileForMeta(deps, media, type === 'document')
  return prepared({ type, [type]: { ...file, ...(caption === null ? {} : { caption }) } })
}

function mediaGone(): Refused {
  return refused('media_not_found', 'The file was deleted meanwhile')
}
