/** Control routes for the webhooks themselves: hold, release, send anything, wait until all is quiet. */
import type { Controls, Routes } from './control.ts'
import { aDelivery, post } from './delivery.ts'
import type { Call } from './http.ts'
import { textOf } from './json.ts'
import type { Json } from './json.ts'
import { wireBody } from './wire.ts'
import type { World } from './world.ts'

export const webhookRoutes: Routes = {
  'GET webhooks': (world) => ({
    pending: world.outbox.pending,
    held: world.outbox.isHeld,
    ...world.outbox.log.summary(),
  }),
  'POST webhooks/hold': (world) => {
    world.outbox.hold()
    return { held: true }
  },
  'POST webhooks/release': (world) => {
    world.outbox.release()
    return { held: false }
  },
  'POST webhooks/url': (_world, { fields }, { controls }) => setUrl(fields ?? {}, controls),
  'POST webhooks/send': sendAnything,
  'GET quiet': async (world, { query }) => {
    const quiet = await world.outbox.quiet(Number(query.get('timeout_ms') ?? 30_000))
    return { quiet, pending: world.outbox.pending }
  },
}

function setUrl({ url }: Json, controls: Controls): Json {
  if (url !== null && textOf(url) === undefined) throw new TypeError('url must be a URL or null')
  controls.setWebhookUrl(textOf(url))
  return { webhook_url: url }
}

/**
 * `{body}` is signed and sent once, now; `{raw}` is sent exactly as the text it is. `signature` replaces the right one
 * (null: none). The answer of the receiver comes back.
 */
async function sendAnything(world: World, { fields }: Call): Promise<Json> {
  const { body, raw, signature, url } = fields ?? {}
  const target = textOf(url) ?? world.settings.webhookUrl
  if (target === null) throw new TypeError('There is no webhook URL')
  if (body === undefined && typeof raw !== 'string') throw new TypeError('body (JSON) or raw (text) is required')
  const delivery = aDelivery(world.app.secret)
  try {
    const wire = typeof raw === 'string' ? raw : wireBody(body)
    const given = signature === null || typeof signature === 'string' ? { signature } : {}
    return await post(delivery, target, wire, { timeoutMs: world.behaviour.webhook_timeout_ms, ...given })
  } finally {
    await delivery.close()
  }
}
