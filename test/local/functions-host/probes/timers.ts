/** Probe functions for timers: each firing is logged as one line, with what the function was given. */
import { app, type InvocationContext, type Timer } from '@azure/functions'

const report = (timer: Timer, context: InvocationContext) => {
  console.log(
    JSON.stringify({ event: 'fired', timer: context.functionName, host: process.pid, at: Date.now(), ...timer }),
  )
}

app.timer('every-second', { schedule: '%EVERY_SECOND%', handler: report })
app.timer('yearly', { schedule: '0 0 0 1 1 *', handler: report })
app.timer('at-start', { schedule: '0 0 0 1 1 *', runOnStartup: true, useMonitor: false, handler: report })
app.timer('retried', {
  schedule: '0 0 0 1 1 *',
  runOnStartup: true,
  retry: { strategy: 'fixedDelay', maxRetryCount: 2, delayInterval: { milliseconds: 0 } },
  handler(timer, context) {
    report(timer, context)
    if (context.retryContext?.retryCount !== 2) throw new Error('not yet')
  },
})
