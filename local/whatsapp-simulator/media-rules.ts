/** Which files the Cloud API takes, how large they may be, and what goes wrong with them only after a send. */
import { idOf, isObject, objectsOf, textOf } from './json.ts'
import type { Json } from './json.ts'
import { badValue } from './message-rules.ts'
import type { PhoneNumber, World } from './world.ts'

const megabyte = 1024 * 1024
const mediaKinds = ['image', 'video', 'audio', 'document', 'sticker']
const office = 'application/vnd.openxmlformats-officedocument'

/** The order is that of Meta's error text. */
export const acceptedTypes: Readonly<Record<string, { kind: string; most: number }>> = {
  'audio/aac': { kind: 'audio', most: 16 * megabyte },
  'audio/mp4': { kind: 'audio', most: 16 * megabyte },
  'audio/mpeg': { kind: 'audio', most: 16 * megabyte },
  'audio/amr': { kind: 'audio', most: 16 * megabyte },
  'audio/ogg': { kind: 'audio', most: 16 * megabyte },
  'audio/opus': { kind: 'audio', most: 16 * megabyte },
  'application/vnd.ms-powerpoint': { kind: 'document', most: 100 * megabyte },
  'application/msword': { kind: 'document', most: 100 * megabyte },
  [`${office}.wordprocessingml.document`]: { kind: 'document', most: 100 * megabyte },
  [`${office}.presentationml.presentation`]: { kind: 'document', most: 100 * megabyte },
  [`${office}.spreadsheetml.sheet`]: { kind: 'document', most: 100 * megabyte },
  'application/pdf': { kind: 'document', most: 100 * megabyte },
  'text/plain': { kind: 'document', most: 100 * megabyte },
  'application/vnd.ms-excel': { kind: 'document', most: 100 * megabyte },
  'image/jpeg': { kind: 'image', most: 5 * megabyte },
  'image/png': { kind: 'image', most: 5 * megabyte },
  'image/webp': { kind: 'sticker', most: 500 * 1024 },
  'video/mp4': { kind: 'video', most: 16 * megabyte },
  'video/3gpp': { kind: 'video', most: 16 * megabyte },
}

/**
 * 131053 by webhook: the file is of another kind than the message, or the link cannot be fetched. Links are not really
 * fetched: those to a host under `.invalid` are the ones that fail. A media id that is unknown, over or another number's is
 * refused at once.
 */
export function mediaFailure(world: World, number: PhoneNumber, type: string, content: Json): 131053 | undefined {
  const used = type === 'template' ? templateMedia(content) : [{ kind: type, media: content }]
  const failures = used
    .filter(({ kind }) => mediaKinds.includes(kind))
    .map(({ kind, media }) => isUnreachable(media['link']) || !isOfKind(world, number, kind, media['id']))
  return failures.includes(true) ? 131053 : undefined
}

function isUnreachable(link: unknown): boolean {
  return typeof link === 'string' && /^https?:\/\/[^/]+\.invalid(?:[:/]|$)/.test(link)
}

function isOfKind(world: World, number: PhoneNumber, kind: string, value: unknown): boolean {
  const id = idOf(value)
  if (id === undefined) return true
  const medium = world.media.find(id, world.now())
  if (medium?.phoneNumberId !== number.id) throw badValue(`${kind}: media id ${id} does not exist or has expired`)
  // Anything may be sent as a document.
  return kind === 'document' || acceptedTypes[medium.mimeType]?.kind === kind
}

function templateMedia(content: Json): { kind: string; media: Json }[] {
  return objectsOf(content['components'])
    .flatMap((component) => objectsOf(component['parameters']))
    .flatMap((parameter) => {
      const kind = textOf(parameter['type']) ?? ''
      const media = parameter[kind]
      return isObject(media) ? [{ kind, media }] : []
    })
}
