/**
 * Makes test/fixtures/api-inventory.json, the list of everything the API document promises, from that document's Markdown:
 * `node test/support/read-api-spec.ts <api-spec.md>`. The inventory is committed; the document is not needed again.
 */
import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

export interface Inventory {
  operations: InventoryOperation[]
  schemas: Record<string, InventorySchema>
}

export interface InventoryOperation {
  title: string
  method: string
  path: string
  /** Whether the document says that a credential is needed. It leaves it out where it is plain: see decision 16. */
  authentication: boolean
  parameters: (InventoryField & { in: 'path' | 'query' | 'header' })[]
  body?: { contentType: string; schema: string }
  /** `schema` is missing where the document names none. */
  success: { status: number; schema?: string; list?: true }
  validationError: boolean
}

/** Either the words of an enumeration or the fields of an object. */
export type InventorySchema = { enum: string[] } | { fields: InventoryField[] }

export interface InventoryField {
  name: string
  /** string, integer, boolean, object, any, or the name of a schema; with `list`, of its items. */
  type: string
  list?: true
  format?: string
  nullable?: true
  required: boolean
  default?: unknown
  minLength?: number
  maxLength?: number
}

export function readInventory(markdown: string): Inventory {
  const [operations = '', schemas = ''] = markdown.split(/^## Data Schemas$/m)
  return {
    operations: sectionsOf(operations)
      .filter(([, text]) => text.includes('<code>'))
      .map(([title, text]) => readOperation(title, text)),
    schemas: Object.fromEntries(sectionsOf(schemas).map(([name, text]) => [name, readSchema(text)])),
  }
}

function sectionsOf(text: string): [title: string, text: string][] {
  return text
    .split(/^### /m)
    .slice(1)
    .map((section) => {
      const [title = '', ...lines] = section.split('\n')
      return [title.trim(), lines.join('\n')]
    })
}

function readOperation(title: string, text: string): InventoryOperation {
  const body = /#### Request Body \(`([^`]+)`\)\s+See schema: \[`(\w+)`\]/.exec(text)
  const success = /\*\*(2\d\d)\*\* - Successful Response(?:\s+Returns: (Array of )?\[`(\w+)`\])?/.exec(text)
  return {
    title,
    method: found(/\{\{ (\w+) \}\}/, text),
    path: found(/<code>([^<]+)<\/code>/, text),
    authentication: text.includes(':::info Authentication Required'),
    parameters: (['path', 'query', 'header'] as const).flatMap((place) =>
      rowsOf(parametersIn(text, place)).map((field) => ({ in: place, ...field })),
    ),
    ...(body ? { body: { contentType: body[1] ?? '', schema: body[2] ?? '' } } : {}),
    success: {
      status: Number(success?.[1]),
      ...(success?.[3] === undefined ? {} : { schema: success[3] }),
      ...(success?.[2] === undefined ? {} : { list: true as const }),
    },
    validationError: text.includes('**422** - Validation Error'),
  }
}

function found(pattern: RegExp, text: string): string {
  const match = pattern.exec(text)?.[1]
  if (match === undefined) throw new Error(`Nothing like ${pattern.source} in:\n${text.slice(0, 400)}`)
  return match
}

function parametersIn(text: string, place: string): string {
  const headings = { path: 'Path Parameters', query: 'Query Parameters', header: 'Headers' }
  const heading = headings[place as keyof typeof headings] // one of the three it is called with
  const [, after = ''] = text.split(`**${heading}**`)
  return after.split(/^(?:####|\*\*)/m)[0] ?? ''
}

function readSchema(text: string): InventorySchema {
  const values = /\*\*Enum Values:\*\* `([^`]+)`/.exec(text)?.[1]
  return values === undefined ? { fields: rowsOf(text) } : { enum: values.split(' | ') }
}

/** The rows of a table: | `name` | `type` | ✅ | description | */
function rowsOf(text: string): InventoryField[] {
  return [...text.matchAll(/^\| `([^`]+)` \| `([^`]+)` \| (✅|❌) \| (.*) \|$/gm)].map(
    ([, name = '', type = '', required, description = '']) => ({
      name,
      ...readType(type),
      required: required === '✅',
      ...readLimits(description),
    }),
  )
}

function readType(text: string): Pick<InventoryField, 'type' | 'list' | 'format' | 'nullable'> {
  const [type = '', ...notes] = text.split(' ')
  const words = notes.map((note) => note.replace(/[()]/g, ''))
  const format = words.find((word) => word !== 'nullable')
  return {
    type: type.replace(/\[\]$/, ''),
    ...(type.endsWith('[]') ? { list: true as const } : {}),
    ...(format === undefined ? {} : { format }),
    ...(words.includes('nullable') ? { nullable: true as const } : {}),
  }
}

function readLimits(description: string): Pick<InventoryField, 'default' | 'minLength' | 'maxLength'> {
  const limit = (name: string) => new RegExp(`${name}: (\\d+)`).exec(description)?.[1]
  const [minLength, maxLength] = [limit('minLength'), limit('maxLength')]
  const fallback = /default: `([^`]+)`/i.exec(description)?.[1]
  return {
    ...(fallback === undefined ? {} : { default: valueOf(fallback) }),
    ...(minLength === undefined ? {} : { minLength: Number(minLength) }),
    ...(maxLength === undefined ? {} : { maxLength: Number(maxLength) }),
  }
}

/** As Python writes it. */
function valueOf(text: string): unknown {
  if (text === 'True' || text === 'False') return text === 'True'
  return /^\d+$/.test(text) ? Number(text) : text
}

if (import.meta.main) {
  const inventory = readInventory(await readFile(process.argv[2] ?? '', 'utf8'))
  const file = join(import.meta.dirname, '..', 'fixtures', 'api-inventory.json')
  await writeFile(file, `${JSON.stringify(inventory, null, 1)}\n`)
  console.log(`${inventory.operations.length} operations, ${Object.keys(inventory.schemas).length} schemas`)
}
