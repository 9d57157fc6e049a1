/** Storage clients (queues, tables, blobs), built once from the settings. */
import { BlobServiceClient } from '@azure/storage-blob'
import { QueueServiceClient } from '@azure/storage-queue'
import { TableClient, TableServiceClient } from '@azure/data-tables'
import type { Config } from '../config.ts'
import { credentialOf } from './credential.ts'

export function queueService(config: Config): QueueServiceClient {
  const { connectionString } = config.storage
  if (connectionString !== undefined) return QueueServiceClient.fromConnectionString(connectionString)
  return new QueueServiceClient(serviceUrl(config, 'queue'), credentialOf(config))
}

export function blobService(config: Config): BlobServiceClient {
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

export function tableClient(config: Config, name: string): TableClient {
  const { connectionString } = config.storage
  if (connectionString !== undefined) {
    return TableClient.fromConnectionString(connectionString, name, { allowInsecureConnection: true })
  }
  return new TableClient(serviceUrl(config, 'table'), name, credentialOf(config))
}

function serviceUrl(config: Config, service: 'blob' | 'queue' | 'table'): string {
  return `https://${config.storage.accountName ?? ''}.${service}.core.windows.net`
}
