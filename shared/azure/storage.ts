/** Storage clients (queues, tables, blobs), built once from the settings. */
import { BlobServiceClient } from '@azure/storage-blob'
import { QueueServiceClient } from '@azure/storage-queue'
import { TableClient, TableServiceClient } from '@azure/data-tables'
import type { Config } from '../config.ts'
import type { Telemetry } from '../telemetry/telemetry.ts'
import { credentialOf } from './credential.ts'
import { observedBlobs, observedTable } from './observed-storage.ts'

/**
 * The SDK's own first wait is four seconds: everything that shares a write would wait with it. What fails for longer is
 * for whoever sends to say: see retry.ts.
 */
const QUICK = { retryOptions: { retryDelayInMs: 100, maxRetryDelayInMs: 1_000 } }

export function queueService(config: Config): QueueServiceClient {
  const { connectionString } = config.storage
  if (connectionString !== undefined) return QueueServiceClient.fromConnectionString(connectionString, QUICK)
  return new QueueServiceClient(serviceUrl(config, 'queue'), credentialOf(config), QUICK)
}

export function blobService(config: Config, telemetry?: Telemetry): BlobServiceClient {
  const service = plainBlobService(config)
  return telemetry ? observedBlobs(telemetry, service) : service
}

function plainBlobService(config: Config): BlobServiceClient {
  const { connectionString } = config.storage
  if (connectionString !== undefined) return BlobServiceClient.fromConnectionString(connectionString)
  return new BlobServiceClient(serviceUrl(config, 'blob'), credentialOf(config))
}

export function tableService(config: Config): TableServiceClient {
  const { connectionString } = config.storage
  if (connectionString !== undefined) {
    return TableServiceClient.fromConnectionString(connectionString, { allowInsecureConnection: true })
  }
  return new TableServiceClient(serviceUrl(config, 'table'), credentialOf(config))
}

export function tableClient(config: Config, name: string, telemetry?: Telemetry): TableClient {
  const { connectionString } = config.storage
  const observed = telemetry ? { httpClient: observedTable(telemetry, name) } : {}
  if (connectionString !== undefined) {
    return TableClient.fromConnectionString(connectionString, name, { allowInsecureConnection: true, ...observed })
  }
  return new TableClient(serviceUrl(config, 'table'), name, credentialOf(config), observed)
}

function serviceUrl(config: Config, service: 'blob' | 'queue' | 'table'): string {
  return `https://${config.storage.accountName ?? ''}.${service}.core.windows.net`
}
