/**
 * A received message in one shape for every type, made from Meta's own whenever it is read: nothing is stored twice, and what is
 * learnt about a type later holds for messages from before.
 */
import { effectOf, isMediaKind, kindOf, targetOf } from './kinds.ts'
import { hasObject, isTrueIn, listIn, numberIn, objectIn, textIn } from './read-json.ts'

export interface FileContent {
  mime_type: string | null
  sha256: string | null
  meta_media_id: string | null
  file_name: string | null
  is_voice: boolean
  is_animated: boolean
}

export interface ReceivedContent {
  /** The words in it: a text, a caption, the label of a pressed button. */
  text: string | null
  file?: FileContent
  location?: ReturnType<typeof locationOf>
  contacts?: ReturnType<typeof cardOf>[]
  reply?: ReturnType<typeof replyOf>
  reaction?: { emoji: string | null; wa_message_id: string | null }
  order?: ReturnType<typeof orderOf>
  system?: ReturnType<typeof systemOf>
  unsupported?: { type: string | null }
  edit?: { wa_message_id: string | null; text: string | null }
  revoke?: { wa_message_id: string | null }
}

export function contentOf(item: unknown): ReceivedContent {
  const kind = kindOf(item)
  const part = objectIn(item, kind)
  if (isMediaKind(kind)) return { text: textIn(part, 'caption'), file: fileOf(part) }
  const read = Object.hasOwn(READERS, kind) ? READERS[kind] : undefined
  return read?.(part, item) ?? { text: textIn(part, 'body') }
}

const READERS: Readonly<Record<string, (part: unknown, item: unknown) => ReceivedContent>> = {
  text: (part) => ({ text: textIn(part, 'body') }),
  location: (part) => ({ text: textIn(part, 'name') ?? textIn(part, 'address'), location: locationOf(part) }),
  contacts: (_part, item) => {
    const contacts = listIn(item, 'contacts').map(cardOf)
    return { text: contacts.flatMap(({ name }) => name ?? []).join(', ') || null, contacts }
  },
  interactive: (part) => {
    const reply = replyOf(part)
    return { text: reply.title, reply }
  },
  button: (part) => {
    const [title, id] = [textIn(part, 'text'), textIn(part, 'payload')]
    return { text: title, reply: { kind: 'button', id, title, description: null, response: null } }
  },
  reaction: (part) => {
    const emoji = textIn(part, 'emoji')
    return { text: emoji, reaction: { emoji, wa_message_id: textIn(part, 'message_id') } }
  },
  order: (part) => ({ text: textIn(part, 'text'), order: orderOf(part) }),
  system: (part, item) => ({ text: textIn(part, 'body'), system: systemOf(part, item) }),
  unsupported: (part) => ({ text: null, unsupported: { type: textIn(part, 'type') } }),
  unknown: () => ({ text: null, unsupported: { type: null } }),
  edit: (part) => {
    const text = contentOf(objectIn(part, 'message')).text
    return { text, edit: { wa_message_id: textIn(part, 'original_message_id'), text } }
  },
  revoke: (part) => ({ text: null, revoke: { wa_message_id: textIn(part, 'original_message_id') } }),
}

function fileOf(part: unknown): FileContent {
  return {
    mime_type: textIn(part, 'mime_type'),
    sha256: textIn(part, 'sha256'),
    meta_media_id: textIn(part, 'id'),
    file_name: textIn(part, 'filename'),
    is_voice: isTrueIn(part, 'voice'),
    is_animated: isTrueIn(part, 'animated'),
  }
}

function locationOf(part: unknown) {
  return {
    latitude: numberIn(part, 'latitude'),
    longitude: numberIn(part, 'longitude'),
    name: textIn(part, 'name'),
    address: textIn(part, 'address'),
    url: textIn(part, 'url'),
  }
}

function cardOf(card: unknown) {
  const name = objectIn(card, 'name')
  const names = ['first_name', 'last_name'].flatMap((field) => textIn(name, field) ?? [])
  return {
    name: textIn(name, 'formatted_name') ?? (names.join(' ') || null),
    company: textIn(objectIn(card, 'org'), 'company'),
    phones: listIn(card, 'phones').map((phone) => ({
      phone: textIn(phone, 'phone'),
      wa_id: textIn(phone, 'wa_id'),
      type: textIn(phone, 'type'),
    })),
    emails: listIn(card, 'emails').flatMap((email) => textIn(email, 'email') ?? []),
    vcard: textIn(card, 'vcard'),
    origin: textIn(card, 'origin'),
  }
}

/** A pressed button, a chosen row, a filled form. */
function replyOf(part: unknown) {
  const kind = textIn(part, 'type') ?? 'unknown'
  const reply = objectIn(part, kind)
  return {
    kind,
    id: textIn(reply, 'id') ?? textIn(reply, 'name'),
    title: textIn(reply, 'title') ?? textIn(reply, 'body') ?? textIn(reply, 'response'),
    description: textIn(reply, 'description'),
    /** Of a form: JSON as a text, as Meta sends it. */
    response: textIn(reply, 'response_json'),
  }
}

function orderOf(part: unknown) {
  return {
    catalog_id: textIn(part, 'catalog_id'),
    text: textIn(part, 'text'),
    items: listIn(part, 'product_items').map((item) => ({
      product_retailer_id: textIn(item, 'product_retailer_id'),
      quantity: numberIn(item, 'quantity'),
      item_price: numberIn(item, 'item_price'),
      currency: textIn(item, 'currency'),
    })),
  }
}

function systemOf(part: unknown, item: unknown) {
  return {
    type: textIn(part, 'type'),
    body: textIn(part, 'body'),
    new_wa_id: textIn(part, 'wa_id') ?? textIn(part, 'new_wa_id'),
    new_user_id: textIn(part, 'user_id'),
    identity_changed: hasObject(part, 'identity') || hasObject(item, 'identity'),
  }
}

/** What stands beside the content of a message of any type. */
export function surroundingsOf(item: unknown) {
  const context = objectIn(item, 'context')
  const product = objectIn(context, 'referred_product')
  return {
    quotes: textIn(context, 'id'),
    forwarded: isTrueIn(context, 'frequently_forwarded')
      ? ('many_times' as const)
      : isTrueIn(context, 'forwarded')
        ? ('once' as const)
        : null,
    product: hasObject(context, 'referred_product')
      ? { catalog_id: textIn(product, 'catalog_id'), product_retailer_id: textIn(product, 'product_retailer_id') }
      : null,
    referral: hasObject(item, 'referral') ? referralOf(objectIn(item, 'referral')) : null,
    errors: errorsIn(listIn(item, 'errors')),
    group_id: textIn(item, 'group_id'),
  }
}

/** What it quotes, or reacts to. */
export function wamidAnswered(item: unknown): string | null {
  const { quotes } = surroundingsOf(item)
  return quotes ?? (effectOf(kindOf(item)).changes === 'reaction' ? targetOf(item) : null)
}

/** An ad or a post that led to the message. */
function referralOf(referral: unknown) {
  const field = (name: string) => textIn(referral, name)
  return {
    source_type: field('source_type'),
    source_id: field('source_id'),
    source_url: field('source_url'),
    headline: field('headline'),
    body: field('body'),
    media_type: field('media_type'),
    media_url: field('image_url') ?? field('video_url'),
    thumbnail_url: field('thumbnail_url'),
    ctwa_clid: field('ctwa_clid'),
    welcome_text: textIn(objectIn(referral, 'welcome_message'), 'text'),
  }
}

export function errorsIn(errors: readonly unknown[]) {
  return errors.map((error) => ({
    code: numberIn(error, 'code'),
    title: textIn(error, 'title'),
    details: textIn(objectIn(error, 'error_data'), 'details') ?? textIn(error, 'message'),
  }))
}
