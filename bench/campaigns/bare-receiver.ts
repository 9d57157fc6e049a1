/** One function that takes webhooks and does nothing with them: what receiving costs anybody on this host. */
import { app } from '@azure/functions'

app.setup({ enableHttpStream: true })
app.http('receive', {
  methods: ['POST'],
  route: 'webhook',
  handler: async (request) => {
    await request.arrayBuffer()
    return { status: 200 }
  },
})
