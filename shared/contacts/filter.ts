/** Conditions on contacts, as lists, audiences, segments and jobs name them, as SQL. */
import { foldAttribute } from './attributes.ts'
import type { ConsentState } from './consent.ts'
import { foldTag } from './fold.ts'
import { SILENT_SOURCES } from './schema.ts'
import { searchCondition, type Condition, type Search } from './search.ts'

/** All of these together; what is absent asks for nothing. Without any, every contact. */
export interface ContactFilter {
  tags?: string[] | undefined
  tags_match?: 'any' | 'all' | undefined
  exclude_tags?: string[] | undefined
  contact_ids?: string[] | undefined
  /** By name; one of the values, compared exactly. */
  attributes?: Record<string, string[]> | undefined
  opted_in?: boolean | undefined
  consent?: ConsentState | undefined
  search?: Search | undefined
}

export const SAID_NOTHING = `c.opted_in_source IN (${SILENT_SOURCES.map((source) => `'${source}'`).join(', ')})`

const CONSENT: Record<ConsentState, string> = {
  opted_in: 'c.opted_in = true',
  opted_out: `c.opted_in = false AND NOT (${SAID_NOTHING})`,
  none: `c.opted_in = false AND ${SAID_NOTHING}`,
}

/**
 * Contacts that are not deleted. Nothing else in the container says whether it is deleted, so this needs no look at the type: one
 * condition is counted in one index, and the total of a list is most of what its first page costs.
 */
export const UNDELETED = 'c.deleted = false'

/** Contacts that are not deleted and fit all of these. */
export function contactsThat(filters: readonly ContactFilter[], ...more: Condition[]): Condition {
  const conditions = [fixed(UNDELETED), ...more, ...filters.flatMap(conditionsOf)]
  const named = conditions.map((condition, index) => (index <= more.length ? condition : apart(condition, index)))
  return {
    text: named.map(({ text }) => text).join(' AND '),
    parameters: named.reduce<Condition['parameters']>((all, { parameters }) => ({ ...all, ...parameters }), {}),
  }
}

/** Two filters may ask for tags: each has parameters of its own. */
function apart({ text, parameters }: Condition, index: number): Condition {
  const names = Object.entries(parameters).map(([name, value]) => [`${name}_${index}`, value])
  return {
    text: text.replace(/@(\w+)/g, `@$1_${index}`),
    parameters: Object.fromEntries(names) as Condition['parameters'],
  } // pairs
}

function conditionsOf(filter: ContactFilter): Condition[] {
  const {
    tags,
    tags_match = 'any',
    exclude_tags = [],
    contact_ids,
    attributes = {},
    consent,
    opted_in,
    search,
  } = filter
  return [
    ...(opted_in === undefined ? [] : [fixed(`c.opted_in = ${opted_in}`)]),
    ...(consent === undefined ? [] : [fixed(CONSENT[consent])]),
    ...(tags ? [tagged(tags, tags_match)] : []),
    ...(exclude_tags.length > 0 ? [untagged(exclude_tags)] : []),
    ...(contact_ids ? [among('c.id', 'id', contact_ids)] : []),
    ...Object.entries(attributes).map(([name, values]) => among(attributePath(name), 'value', values)),
    ...(search ? [searchCondition(search)] : []),
  ]
}

function fixed(text: string): Condition {
  return { text, parameters: {} }
}

function tagged(tags: string[], match: 'any' | 'all'): Condition {
  const { texts, parameters } = contains('tag', tags)
  return { text: `(${texts.join(match === 'all' ? ' AND ' : ' OR ')})`, parameters }
}

function untagged(tags: string[]): Condition {
  const { texts, parameters } = contains('no', tags)
  return { text: `NOT (${texts.join(' OR ')})`, parameters }
}

function contains(prefix: string, tags: string[]) {
  return {
    texts: tags.map((_tag, index) => `ARRAY_CONTAINS(c.tags_folded, @${prefix}${index})`),
    parameters: Object.fromEntries(tags.map((tag, index) => [`${prefix}${index}`, foldTag(tag)])),
  }
}

/** Where a contact's attribute is found in its document. A name is letters, digits, spaces, _ and - by its schema: none ends the quotes. */
export function attributePath(name: string): string {
  return `c.attributes_folded[${JSON.stringify(foldAttribute(name))}]`
}

/** True of nobody if there are no values. */
export function among(path: string, prefix: string, values: string[]): Condition {
  if (values.length === 0) return fixed('false')
  const names = values.map((_value, index) => `@${prefix}${index}`)
  return {
    text: `${path} IN (${names.join(', ')})`,
    parameters: Object.fromEntries(values.map((value, index) => [`${prefix}${index}`, value])),
  }
}
