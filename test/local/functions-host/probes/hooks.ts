/** Probe functions for hooks and for stopping. */
import { app } from '@azure/functions'
import { setTimeout as delay } from 'node:timers/promises'

app.setup({ enableHttpStream: true })
const report = (event: string, fields: object = {}) => console.log(JSON.stringify({ event, ...fields }))

app.hook.appStart((context) => {
  context.hookData['started'] = true
  report('hook.start')
})
app.hook.appTerminate(async () => {
  await delay(Number(process.env['TERMINATE_MILLISECONDS'] ?? 0))
  report('hook.terminate')
})
app.hook.preInvocation((context) => {
  const { invocationContext, inputs } = context
  if (invocationContext.functionName === 'refused') throw new Error('refused by a hook')
  if (invocationContext.functionName !== 'replaced') return
  context.hookData['from'] = 'pre'
  const original = context.functionHandler
  context.functionHandler = (...parameters: unknown[]) => {
    report('hook.handler', { inputs: parameters.length })
    return original(...(parameters as Parameters<typeof original>)) as unknown
  }
  report('hook.pre', { inputs: inputs.length })
})
app.hook.postInvocation((context) => {
  report('hook.post', { function: context.invocationContext.functionName, data: context.hookData })
  if (context.error) {
    context.error = undefined
    context.result = { status: 409, body: 'mended by a hook' }
  }
})
app.hook.log((context) => {
  if (context.category === 'user') context.message = context.message.replace('secret', '***')
})

app.get('replaced', {
  route: 'replaced',
  handler: (_request, context) => {
    context.log('a secret word')
    return { body: 'done' }
  },
})
app.get('refused', { route: 'refused', handler: () => ({ body: 'never' }) })
app.get('mended', {
  route: 'mended',
  handler: () => {
    throw new Error('broken')
  },
})
app.get('slow', {
  route: 'slow/{milliseconds}',
  handler: async (request) => {
    report('slow-began')
    await delay(Number(request.params['milliseconds']))
    return { body: 'finished' }
  },
})
