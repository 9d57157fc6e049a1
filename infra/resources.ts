/**
 * Writes resources.json: what shared/azure/resources.ts declares, in the shape Azure Resource Manager takes, for the
 * Bicep files to load. Run `npx node infra/resources.ts` after a change of those declarations; a test compares the two.
 */
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { containerDefinition, queueNames } from '../shared/azure/provision.ts'
import { BLOB_CONTAINERS, BLOB_RETENTION_DAYS, CONTAINERS, TABLES } from '../shared/azure/resources.ts'

export const RESOURCES_FILE = join(import.meta.dirname, 'resources.json')

export function declaredResources() {
  return {
    queues: queueNames(),
    tables: Object.values(TABLES).filter((name) => !MADE_BY_CODE.has(name)),
    blobContainers: BLOB_CONTAINERS,
    blobRetention: Object.entries(BLOB_RETENTION_DAYS).map(([container, days]) => ({ container, days })),
    cosmosContainers: Object.entries(CONTAINERS).map(([id, declaration]) => containerDefinition(id, declaration)),
  }
}

/** One table for each month, made by the month's first use of it: their names are not known here. */
export const MADE_BY_CODE: ReadonlySet<string> = new Set([
  TABLES.facts,
  TABLES.throttle,
  TABLES.idempotency,
  TABLES.usage,
])

if (import.meta.main) {
  const style = await resolveConfig(RESOURCES_FILE)
  await writeFile(RESOURCES_FILE, await format(JSON.stringify(declaredResources()), { ...style, parser: 'json' }))
}
