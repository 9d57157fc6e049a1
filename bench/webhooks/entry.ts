/** What bench/webhooks.ts compares, in one functions host: Herald's door for webhooks, and a bare function with one put. */
import { app } from '@azure/functions'
import { receiveWebhookEndpoint } from '../../functions/webhooks/receive.ts'
import { registerEndpoints } from '../../functions/register.ts'
import { queueService } from '../../shared/azure/storage.ts'
import { loadConfig } from '../../shared/config.ts'
import { createDeps } from '../../shared/create-deps.ts'

app.setup({ enableHttpStream: true })

const config = loadConfig(process.env)
const deps = createDeps(config)
const queue = queueService(config).getQueueClient('webhook-statuses')

registerEndpoints([receiveWebhookEndpoint], () => Promise.resolve(deps))
app.http('bare', {
  methods: ['POST'],
  route: 'bare',
  authLevel: 'anonymous',
  handler: async (request) => {
    const text = await request.text()
    await queue.sendMessage(Buffer.from(text).toString('base64'), { messageTimeToLive: -1 })
    return { status: 200, jsonBody: { status: 'ok' } }
  },
})
