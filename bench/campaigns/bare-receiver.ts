/**
 * A function that takes webhooks and does nothing with them: what receiving costs anybody on this host. Another does the
 * storage work of a run when it is asked to, in the same process, as Herald has to.
 */
import { app } from '@azure/functions'
import { doStorageWork, StorageWork } from './storage-work.ts'

app.setup({ enableHttpStream: true })
app.http('receive', {
  methods: ['POST'],
  route: 'webhook',
  handler: async (request) => {
    await request.arrayBuffer()
    return { status: 200 }
  },
})
app.http('work', {
  methods: ['POST'],
  route: 'work',
  handler: async (request) => {
    await doStorageWork(process.env['AzureWebJobsStorage'] ?? '', StorageWork.parse(await request.json()))
    return { status: 200 }
  },
})
