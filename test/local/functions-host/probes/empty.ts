/** One function that does nothing, for bench/functions-host.ts. */
import { app } from '@azure/functions'

app.setup({ enableHttpStream: true })
app.http('empty', { methods: ['GET'], route: 'empty', handler: () => ({ status: 200, body: 'ok' }) })
