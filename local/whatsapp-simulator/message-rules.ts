/** What a message of each type must look like (reference §3); the refusals carry Meta's codes. */
import { GraphError, invalid, required } from './errors.ts'
import { checkInteractive } from './interactive-rules.ts'
import { idOf, isObject, lengthOf, listOf, objectsOf, textOf } from './json.ts'
import type { Json } from './json.ts'

type Rule = (content: Json, type: string) => void

const kinds = [
  'audio',
  'contacts',
  'document',
  'image',
  'interactive',
  'location',
  'reaction',
  'sticker',
  'template',
  'text',
  'video',
]

const rules: Readonly<Record<string, Rule>> = {
  text: checkText,
  image: checkMedia,
  video: checkMedia,
  audio: checkMedia,
  document: checkMedia,
  sticker: checkMedia,
  location: checkLocation,
  reaction: checkReaction,
  interactive: checkInteractive,
  template: () => undefined,
}

/** Checks type and content, and gives both back. Templates are checked against the stored template elsewhere. */
export function checkedContent(body: Json): { type: string; content: Json } {
  const type = body['type'] === undefined ? 'text' : textOf(body['type'])?.toLowerCase()
  if (type === undefined || !kinds.includes(type)) {
    const list = kinds.map((kind) => kind.toUpperCase()).join(', ')
    throw invalid(`Param type must be one of {${list}} - got "${String(body['type'])}".`)
  }
  if (type === 'contacts') {
    checkContacts(body['contacts'])
    return { type, content: {} }
  }
  const content = body[type]
  if (!isObject(content)) throw missing(`Parameter '${type}' is mandatory for type '${type}'`)
  rules[type]?.(content, type)
  return { type, content }
}

export function missing(details: string): GraphError {
  return new GraphError(131008, { details })
}

export function badValue(details: string): GraphError {
  return new GraphError(131009, { details })
}

function checkText({ body }: Json): void {
  if (textOf(body) === undefined) throw required("text['body']")
  atMost("text['body']", body, 4096)
}

function checkMedia(content: Json, type: string): void {
  const id = idOf(content['id'])
  const link = textOf(content['link'])
  if (id === undefined && link === undefined) throw missing(`${type}: one of id and link is required`)
  if (id !== undefined && link !== undefined) throw badValue(`${type}: only one of id and link is allowed`)
  if (link !== undefined && !/^https?:\/\/[^\s/]+/.test(link)) throw badValue(`${type}: link must be a valid URL`)
  if (content['caption'] === undefined) return
  if (type === 'audio' || type === 'sticker') throw invalid(`Unexpected key "caption" on param "${type}".`)
  atMost(`${type}['caption']`, content['caption'], 1024)
}

function checkLocation({ latitude, longitude }: Json): void {
  checkCoordinate('latitude', latitude, 90)
  checkCoordinate('longitude', longitude, 180)
}

function checkCoordinate(name: string, value: unknown, most: number): void {
  const text = idOf(value)
  if (text === undefined) throw missing(`location: parameter ${name} is required`)
  const degrees = Number(text)
  if (!Number.isFinite(degrees) || Math.abs(degrees) > most) throw badValue(`location: ${name} is not valid`)
}

function checkReaction({ message_id: messageId, emoji }: Json): void {
  if (textOf(messageId) === undefined) throw missing('reaction: parameter message_id is required')
  if (typeof emoji !== 'string') throw missing('reaction: parameter emoji is required')
  if (emoji !== '' && !/\p{Extended_Pictographic}|\p{Regional_Indicator}|[#*0-9]\ufe0f?\u20e3/u.test(emoji)) {
    throw badValue('reaction: emoji is not valid')
  }
}

function checkContacts(value: unknown): void {
  const cards = objectsOf(value)
  if (cards.length === 0) throw missing("Parameter 'contacts' is mandatory for type 'contacts'")
  if (listOf(value).length > 257) throw badValue('contacts: at most 257 contacts are allowed')
  for (const card of cards) {
    const name = card['name']
    if (!isObject(name) || textOf(name['formatted_name']) === undefined) {
      throw missing('contacts: parameter name.formatted_name is required')
    }
    const birthday = card['birthday']
    if (birthday !== undefined && !/^\d{4}-\d{2}-\d{2}$/.test(textOf(birthday) ?? '')) {
      throw badValue('contacts: birthday must have the form YYYY-MM-DD')
    }
  }
}

function atMost(name: string, value: unknown, most: number): void {
  if (typeof value !== 'string') throw invalid(`Param ${name} must be a string.`)
  if (lengthOf(value) > most) throw invalid(`Param ${name} must be at most ${most} characters long.`)
}
