/** Point operations on items, as Cosmos DB performs them: conditions, conflicts, unique keys, TTL and charges. */
import { randomBytes } from 'node:crypto'
import { badRequest, conflict, notFound, preconditionFailed, uniqueKeyViolation } from '../errors.ts'
import type { JsonObject } from '../json.ts'
import { deleteCharge, readCharge, replaceCharge, writeCharge } from '../request-units.ts'
import type { ContainerEntry } from './catalog.ts'
import { ridText } from './catalog.ts'
import { expiryOf } from './container.ts'
import type { StoredItem } from './item-table.ts'
import { checkId, checkPartition, checkSize, readItem } from './item-rules.ts'
import { partitionText } from './keys.ts'
import type { PartitionText } from './keys.ts'
import { patched } from './patch.ts'
import type { PatchRequest } from './patch.ts'
import { partitionOf } from './container.ts'

export interface ItemResult {
  status: number
  charge: number
  body?: string
  etag?: string
}

export interface Conditions {
  ifMatch?: string | undefined
  ifNoneMatch?: string | undefined
}

/** Where an operation happens: the container, one logical partition of it, and the time. */
export interface Place {
  container: ContainerEntry
  partition: PartitionText
  now: number
}

export function read({ container, partition }: Place, id: string, conditions: Conditions): ItemResult {
  const item = existing(container, partition, id)
  const charge = readCharge(Buffer.byteLength(item.body))
  if (conditions.ifNoneMatch !== undefined && etagMatches(conditions.ifNoneMatch, item.etag)) {
    return { status: 304, charge, etag: item.etag }
  }
  return { status: 200, charge, body: item.body, etag: item.etag }
}

export function create(place: Place, document: JsonObject, conditions: Conditions): ItemResult {
  const id = checkDocument(place, document, conditions)
  if (place.container.items.find(place.partition, id)) throw conflict()
  return insert(place, id, document)
}

export function upsert(place: Place, document: JsonObject, conditions: Conditions): ItemResult {
  const id = checkDocument(place, document, conditions)
  const item = place.container.items.find(place.partition, id)
  // As in the service, a condition on an item that does not exist does not keep it from being created.
  if (!item) return insert(place, id, document)
  checkMatch(item, conditions)
  return overwrite(place, { item, id, document })
}

export function replace(place: Place, id: string, document: JsonObject, conditions: Conditions): ItemResult {
  const ownId = checkDocument(place, document, conditions)
  if (ownId !== id)
    throw badRequest(`The id '${ownId}' of the item is not the id '${id}' of the request; an id cannot be changed.`)
  const item = existing(place.container, place.partition, id)
  checkMatch(item, conditions)
  return overwrite(place, { item, id, document })
}

export function patch(place: Place, id: string, request: PatchRequest, conditions: Conditions): ItemResult {
  checkNoneMatch(conditions)
  const { container, partition } = place
  const item = existing(container, partition, id)
  checkMatch(item, conditions)
  const document = patched(readItem(item.body), request)
  if (document['id'] !== id || partitionText(partitionOf(document, container.settings)) !== partition) {
    throw badRequest('Neither the id nor the partition key of an item can be patched.')
  }
  return overwrite(place, { item, id, document })
}

export function remove({ container, partition }: Place, id: string, conditions: Conditions): ItemResult {
  checkNoneMatch(conditions)
  const item = existing(container, partition, id)
  checkMatch(item, conditions)
  container.items.remove(item.seq)
  const terms = container.settings.indexing.termsOf(readItem(item.body))
  return { status: 204, charge: deleteCharge(Buffer.byteLength(item.body), terms) }
}

function existing(container: ContainerEntry, partition: PartitionText, id: string): StoredItem {
  const item = container.items.find(partition, id)
  if (!item) throw notFound()
  return item
}

function checkDocument(place: Place, document: JsonObject, conditions: Conditions): string {
  checkNoneMatch(conditions)
  const id = checkId(document)
  checkPartition(document, place.partition, place.container.settings)
  return id
}

function checkMatch(item: StoredItem, { ifMatch }: Conditions): void {
  if (ifMatch !== undefined && !etagMatches(ifMatch, item.etag)) throw preconditionFailed()
}

/** The service takes If-None-Match on reads; what it does with it on writes differs by operation. */
function checkNoneMatch({ ifNoneMatch }: Conditions): void {
  if (ifNoneMatch !== undefined) throw badRequest('If-None-Match is only supported on reads by this emulator.')
}

function etagMatches(wanted: string, etag: string): boolean {
  return wanted === '*' || wanted === etag || `"${wanted}"` === etag
}

function insert(place: Place, id: string, document: JsonObject): ItemResult {
  const seq = place.container.items.newSeq()
  const written = stamped(place, seq, document)
  place.container.items.insert({ ...written, id, partition: place.partition })
  return { status: 201, charge: writeCharge(Buffer.byteLength(written.body), written.terms), ...answerOf(written) }
}

function overwrite(
  place: Place,
  { item, id, document }: { item: StoredItem; id: string; document: JsonObject },
): ItemResult {
  const written = stamped(place, item.seq, document)
  place.container.items.update({ ...written, id, partition: place.partition })
  return { status: 200, charge: replaceCharge(Buffer.byteLength(written.body), written.terms), ...answerOf(written) }
}

function answerOf({ body, etag }: { body: string; etag: string }): { body: string; etag: string } {
  return { body, etag }
}

/** Gives the document its system properties and checks what only the finished document can tell. */
function stamped(place: Place, seq: number, document: JsonObject) {
  const { container, partition, now } = place
  const expires = expiryOf(document, container.settings, now)
  const terms = container.settings.indexing.termsOf(document)
  const etag = newEtag()
  const rid = itemRid(container, seq)
  document['_rid'] = rid
  document['_self'] = `${container.self}docs/${rid}/`
  document['_etag'] = etag
  document['_attachments'] = 'attachments/'
  document['_ts'] = Math.floor(now / 1000)
  const body = JSON.stringify(document)
  checkSize(body)
  if (container.items.breaksUniqueKey(partition, document, seq)) throw uniqueKeyViolation()
  return { seq, body, etag, expires, document, terms }
}

const etagPrefix = randomBytes(8)
  .toString('hex')
  .replace(/^(.{8})(.{4})/, '$1-$2-')
let etagCount = 0

/** Never the same twice, not even after a restart. */
function newEtag(): string {
  return `"${etagPrefix}-${(++etagCount).toString(16).padStart(12, '0')}"`
}

export function itemRid(container: ContainerEntry, seq: number): string {
  const rid = Buffer.alloc(16)
  container.rid.copy(rid)
  rid.writeUIntBE(seq, 10, 6)
  return ridText(rid)
}
