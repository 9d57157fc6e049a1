/** A curl command of the API document: read as a request, filled in, and run with the real curl. */
import { execFile } from 'node:child_process'
import { readFile } from 'node:fs/promises'
import { promisify } from 'node:util'

export interface Command {
  method: string
  /** With `{id}` for every id: `/api/campaigns/{id}/start`. */
  route: string
  headers: string[]
  json: Record<string, unknown> | undefined
}

const PLACEHOLDER_ID = '550e8400-e29b-41d4-a716-446655440000'

/** The commands of a file, which an empty line separates. */
export async function readCommands(file: URL): Promise<Command[]> {
  const blocks = (await readFile(file, 'utf8')).split('\n\n').map((block) => block.trim())
  return blocks.filter((block) => block.startsWith('curl ')).map(readCommand)
}

function readCommand(text: string): Command {
  const [, method = '', address = ''] = /^curl -X ([A-Z]+) '([^']+)'/.exec(text) ?? []
  const body = /-d '([\s\S]*)'$/.exec(text)?.[1]
  return {
    method,
    route: new URL(address).pathname.replaceAll(PLACEHOLDER_ID, '{id}'),
    headers: [...text.matchAll(/-H '([^']+)'/g)].map(([, header = '']) => header),
    // The document's bodies are objects.
    json: body === undefined ? undefined : (JSON.parse(body) as Record<string, unknown>),
  }
}

/** What stands in the place of the document's placeholders. */
export interface Filled {
  /** For each `{id}` of the route, in order. */
  ids?: string[]
  query?: Record<string, string>
  /** Over the document's own body. */
  json?: Record<string, unknown>
  /** Sent byte for byte instead of a body. */
  text?: string
  /** Fields of a form, as curl's -F takes them; the body is then multipart/form-data. */
  form?: string[]
  headers?: string[]
}

export interface CurlAnswer {
  status: number
  headers: string
  text: string
}

const run = promisify(execFile)

export async function runCommand(
  baseUrl: string,
  { method, route, headers, json }: Command,
  { ids = [], query = {}, headers: more = [], form, text, json: over }: Filled,
  cookieJar: string,
): Promise<CurlAnswer> {
  const left = [...ids]
  const path = route.replace(/\{id\}/g, () => left.shift() ?? '')
  const body = text ?? (json && JSON.stringify({ ...json, ...over }))
  const parameters = [
    ...['-sS', '-i', '-X', method, '-b', cookieJar, '-c', cookieJar],
    ...[...headers, ...more].filter((header) => !form || !isContentType(header)).flatMap((header) => ['-H', header]),
    ...(form ? form.flatMap((field) => ['-F', field]) : bodyParameters(body)),
    `${baseUrl}${path}?${new URLSearchParams(query).toString()}`.replace(/\?$/, ''),
  ]
  const { stdout } = await run('curl', parameters)
  const [head = '', ...rest] = stdout.split('\r\n\r\n')
  return { status: Number(/^HTTP\/\S+ (\d+)/.exec(head)?.[1]), headers: head, text: rest.join('\r\n\r\n') }
}

function bodyParameters(body: string | undefined): string[] {
  return body === undefined ? [] : ['--data-binary', body]
}

function isContentType(header: string): boolean {
  return header.toLowerCase().startsWith('content-type:')
}
