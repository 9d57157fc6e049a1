/** Buttons, lists, call-to-action and the other interactive messages: required parts and lengths. */
import { GraphError } from './errors.ts'
import { isObject, lengthOf, objectsOf, textOf } from './json.ts'
import type { Json } from './json.ts'

const otherActions: Readonly<Record<string, string | undefined>> = {
  location_request_message: 'send_location',
  request_contact_info: undefined,
  flow: 'flow',
  product: undefined,
  product_list: undefined,
  catalog_message: 'catalog_message',
  address_message: 'address_message',
}
/** These carry no text of their own. */
const withoutBody = ['product']

const actionChecks: Readonly<Record<string, (action: Json) => void>> = {
  button: checkButtons,
  list: checkList,
  cta_url: checkUrl,
}

export function checkInteractive(content: Json): void {
  const type = textOf(content['type'])
  const action = content['action']
  if (type === undefined) throw wrong('interactive: type is required')
  if (!(type in actionChecks) && !(type in otherActions)) throw wrong(`interactive: type ${type} is not valid`)
  if (!isObject(action)) throw new GraphError(131008, { details: 'interactive: parameter action is required' })
  checkBody(content, type)
  const name = otherActions[type]
  if (name !== undefined && action['name'] !== name) throw wrong(`interactive: action name must be ${name}`)
  actionChecks[type]?.(action)
  checkHeader(content['header'], type)
}

function checkBody({ body, footer }: Json, type: string): void {
  const text = isObject(body) ? textOf(body['text']) : undefined
  if (text === undefined && !withoutBody.includes(type)) {
    throw new GraphError(131008, { details: 'interactive: parameter body.text is required' })
  }
  fits('Body text', text ?? '', type === 'list' ? 4096 : 1024)
  if (isObject(footer)) fits('Footer text', textOf(footer['text']) ?? '', 60)
}

function checkHeader(header: unknown, type: string): void {
  if (header === undefined) return
  const kind = isObject(header) ? textOf(header['type']) : undefined
  if (!isObject(header) || kind === undefined) throw wrong('interactive: header type is required')
  if (kind === 'text') {
    fits('Header text', textOf(header['text']) ?? '', 60, 1)
    return
  }
  if (type === 'list' || !['image', 'video', 'document'].includes(kind))
    throw wrong(`interactive: header type ${kind} is not valid`)
  if (!isObject(header[kind])) throw wrong(`interactive: header ${kind} is required`)
}

function checkButtons(action: Json): void {
  const buttons = objectsOf(action['buttons'])
  if (buttons.length < 1 || buttons.length > 3)
    throw wrong('Invalid buttons count. Min allowed buttons: 1, Max allowed buttons: 3')
  const titles = new Set<string>()
  const ids = new Set<string>()
  for (const { reply } of buttons) {
    if (!isObject(reply)) throw wrong('interactive: every button needs a reply')
    const [id, title] = [textOf(reply['id']) ?? '', textOf(reply['title']) ?? '']
    fits('Button id', id, 256, 1)
    fits('Button title', title, 20, 1)
    titles.add(title)
    ids.add(id)
  }
  if (titles.size < buttons.length) throw wrong('Duplicated title on buttons')
  if (ids.size < buttons.length) throw wrong('Duplicated id on buttons')
}

function checkList(action: Json): void {
  fits('Button label', textOf(action['button']) ?? '', 20, 1)
  const sections = objectsOf(action['sections'])
  if (sections.length < 1 || sections.length > 10) {
    throw wrong('Invalid sections count. Min allowed sections: 1, Max allowed sections: 10')
  }
  for (const section of sections) {
    fits('Section title', textOf(section['title']) ?? '', 24, sections.length > 1 ? 1 : 0)
  }
  checkRows(sections.flatMap((section) => objectsOf(section['rows'])))
}

function checkRows(rows: Json[]): void {
  if (rows.length < 1 || rows.length > 10) throw wrong(`Total row count must be from 1 to 10: ${rows.length}`)
  for (const row of rows) {
    fits('Row id', textOf(row['id']) ?? '', 200, 1)
    fits('Row title', textOf(row['title']) ?? '', 24, 1)
    fits('Row description', textOf(row['description']) ?? '', 72)
  }
  if (new Set(rows.map((row) => row['id'])).size < rows.length) throw wrong('Duplicated id on rows')
}

function checkUrl({ name, parameters }: Json): void {
  if (name !== 'cta_url' || !isObject(parameters))
    throw wrong('interactive: action name must be cta_url, with parameters')
  fits('Display text', textOf(parameters['display_text']) ?? '', 20, 1)
  if (!/^https?:\/\//.test(textOf(parameters['url']) ?? '')) throw wrong('interactive: url is not valid')
}

function fits(name: string, text: string, most: number, least = 0): void {
  const length = lengthOf(text)
  if (length < least || length > most) throw wrong(`${name} length invalid. Min length: ${least}, Max length: ${most}`)
}

function wrong(details: string): GraphError {
  return new GraphError(131009, { details })
}
