/** What tests of contacts share: a world with a workspace and somebody in it, files to upload, and containers that misbehave. */
import { randomBytes } from 'node:crypto'
import { utils, write, type BookType } from 'xlsx'
import type { DocumentContainer } from '../../../shared/azure/cosmos.ts'
import type { ImportResponse } from '../../../shared/contacts/api.ts'
import { createContact } from '../../../shared/contacts/create.ts'
import { importContacts } from '../../../shared/contacts/import-contacts.ts'
import { listContacts, type ContactQuery } from '../../../shared/contacts/list.ts'
import type { Contact } from '../../../shared/contacts/schema.ts'
import type { Deps } from '../../../shared/deps.ts'
import type { Endpoint } from '../../../shared/http/endpoint.ts'
import type { WorkspaceId } from '../../../shared/ids.ts'
import { newUuid } from '../../../shared/ids.ts'
import type { Role } from '../../../shared/workspaces/membership.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { callEndpoint, type CallAnswer, type CallOptions } from '../../support/http.ts'
import { aWorld, type World, type WorldOptions } from '../../support/world.ts'

export interface ContactsWorld {
  world: World
  deps: Deps
  acme: WorkspaceId
  globex: WorkspaceId
  /** As a member of acme alone. */
  call(endpoint: Endpoint, options?: CallOptions): Promise<CallAnswer>
}

export async function aContactsWorld(options: WorldOptions = {}): Promise<ContactsWorld> {
  const world = await aWorld(options)
  const [acme, globex] = [aWorkspaceId(), aWorkspaceId()]
  const asMember = { ...world, deps: { ...world.deps, authenticate: memberOf(acme, 'AGENT') } }
  return {
    world,
    deps: world.deps,
    acme,
    globex,
    call: (endpoint, callOptions) => callEndpoint(asMember, endpoint, callOptions),
  }
}

function memberOf(workspaceId: WorkspaceId, role: Role): Deps['authenticate'] {
  const caller = { userId: newUuid(), email: undefined, memberships: [{ workspaceId, role }] }
  return () => Promise.resolve(caller)
}

/** Fictitious: 555-01xx of some thousand area codes. */
export function aPhone(index: number): string {
  return `+1${201 + Math.floor(index / 100)}55501${String(index % 100).padStart(2, '0')}`
}

export function aContact(
  deps: Deps,
  workspaceId: WorkspaceId,
  details: { phone?: string; name?: string; tags?: string[] },
) {
  return createContact(deps, workspaceId, {
    phone_number: details.phone ?? aPhone(0),
    name: details.name,
    tags: details.tags,
  })
}

export function allContacts(
  deps: Deps,
  workspaceId: WorkspaceId,
  query: Partial<ContactQuery> = {},
): Promise<Contact[]> {
  return listContacts(deps, workspaceId, { tags_match: 'any', limit: 100, offset: 0, ...query }).then(
    ({ data }) => data,
  )
}

export function importText(
  deps: Deps,
  workspaceId: WorkspaceId,
  text: string | Buffer,
  defaultCountry?: string,
): Promise<ImportResponse> {
  const bytes = typeof text === 'string' ? Buffer.from(text) : text
  return importContacts(deps, workspaceId, { name: 'contacts.csv', bytes }, { defaultCountry })
}

/** The file as a browser sends it. */
export function formWith(bytes: Buffer, { name = 'contacts.csv', field = 'file' } = {}) {
  const boundary = `----test${randomBytes(8).toString('hex')}`
  const head = `--${boundary}\r\nContent-Disposition: form-data; name="${field}"; filename="${name}"\r\nContent-Type: text/csv\r\n\r\n`
  return {
    bytes: Buffer.concat([Buffer.from(head), bytes, Buffer.from(`\r\n--${boundary}--\r\n`)]),
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
  }
}

export function aWorkbook(rows: unknown[][], bookType: BookType = 'xlsx'): Buffer {
  const book = utils.book_new()
  utils.book_append_sheet(book, utils.aoa_to_sheet(rows), 'Contacts')
  // `type: 'buffer'` gives a Buffer.
  return write(book, { type: 'buffer', bookType, compression: true }) as Buffer
}

/** Deps whose contacts container runs `before` ahead of every call of `method`; it may do something else first, or throw. */
export function withContacts(
  deps: Deps,
  method: keyof DocumentContainer,
  before: (call: number) => Promise<void> | void,
): Deps {
  let calls = 0
  const contacts = new Proxy(deps.containers.contacts, {
    get(target, name) {
      const original: unknown = Reflect.get(target, name)
      if (name !== method || typeof original !== 'function') return original
      return async (...parameters: unknown[]) => {
        await before(++calls)
        return Reflect.apply(original, target, parameters) as unknown
      }
    },
  })
  return { ...deps, containers: { ...deps.containers, contacts } }
}
