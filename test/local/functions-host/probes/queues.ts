/** Probe functions for queues: each run is logged as one line, with what the function was given. */
import { app, type InvocationContext } from '@azure/functions'
import { setTimeout as delay } from 'node:timers/promises'

let running = 0
let peak = 0

app.storageQueue('takes', {
  queueName: 'takes',
  connection: '',
  handler(message: unknown, context: InvocationContext) {
    report('took', { message, type: typeof message, metadata: context.triggerMetadata })
  },
})

app.storageQueue('fails', {
  queueName: '%FAILING_QUEUE%',
  connection: 'OtherStorage',
  handler(message: unknown, context: InvocationContext) {
    report('failing', { message, try: context.triggerMetadata?.['dequeueCount'], at: Date.now() })
    throw new Error('this message cannot be processed')
  },
})

/** Takes its time; the message says how many milliseconds. */
app.storageQueue('slow', {
  queueName: 'slow',
  connection: 'AzureWebJobsStorage',
  async handler(message: unknown, context: InvocationContext) {
    running += 1
    peak = Math.max(peak, running)
    report('slow-began', { message, host: process.pid, try: context.triggerMetadata?.['dequeueCount'] })
    await delay((message as { milliseconds: number }).milliseconds)
    running -= 1
    report('slow-ended', { message, host: process.pid, peak })
  },
})

function report(event: string, fields: Record<string, unknown>): void {
  console.log(JSON.stringify({ event, ...fields }))
}
