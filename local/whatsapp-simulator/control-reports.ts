/** Control routes that answer questions: the state, the ledger, and what the webhooks really reported. */
import type { Routes } from './control.ts'
import type { StatusKind } from './fate.ts'
import type { Call } from './http.ts'
import { textOf } from './json.ts'
import type { Json } from './json.ts'
import type { Filter, Refused, Sent } from './ledger.ts'
import { reportedKinds } from './webhook-log.ts'
import type { World } from './world.ts'

export const reportRoutes: Routes = {
  'GET state': state,
  'GET ledger': (world, { query }) => world.ledger.summary(filterOf(query)),
  'GET ledger/entries': (world, { query }) => ({ lines: mapped(world.ledger.entries(filterOf(query)), sentLine) }),
  'GET ledger/refused': (world, { query }) => ({ lines: mapped(world.ledger.refusals(filterOf(query)), refusedLine) }),
  'GET webhooks/counts': counts,
  'GET webhooks/log': (world, { query }) => ({ lines: logLines(world, query) }),
}

function state(world: World): Json {
  const { settings, app, wabas, phoneNumbers, tokens, templates, media, ledger, outbox, faults } = world
  return {
    now: new Date(world.now()).toISOString(),
    seed: settings.seed,
    app_id: app.id,
    webhook_url: settings.webhookUrl,
    handshake: world.handshake,
    wabas: [...wabas.values()].map(({ id, name, subscribed, overrideUrl }) => ({
      id,
      name,
      subscribed,
      override_url: overrideUrl,
    })),
    phone_numbers: [...phoneNumbers.values()].map((number) => ({
      id: number.id,
      waba_id: number.wabaId,
      display_phone_number: number.displayPhoneNumber,
      status: number.status,
      throughput: number.throughput,
      tier: number.tier,
    })),
    tokens: tokens.size,
    templates: templates.size,
    media: media.size,
    accepted: ledger.size,
    faults: faults.all().length,
    webhooks: { pending: outbox.pending, held: outbox.isHeld, ...outbox.log.summary() },
  }
}

/**
 * Distinct statuses of the messages that fit the filter: `reported` what a 200 acknowledged, `planned` what will have
 * been at the end. `reached` counts as a counter should: read implies delivered, delivered implies sent.
 */
function counts(world: World, { query }: Call): Json {
  const reported = new Tally()
  const planned = new Tally()
  let accepted = 0
  for (const sent of world.ledger.entries(filterOf(query))) {
    accepted += 1
    reported.add(reportedKinds(sent))
    planned.add(new Set(sent.steps.map((step) => step.status)))
  }
  return { accepted, reported: reported.result(), planned: planned.result(), pending: world.outbox.pending }
}

class Tally {
  #distinct: Record<StatusKind, number> = { sent: 0, delivered: 0, read: 0, played: 0, failed: 0 }
  #reached = { sent: 0, delivered: 0, read: 0, failed: 0, none: 0 }

  add(kinds: Set<StatusKind>): void {
    for (const kind of kinds) this.#distinct[kind] += 1
    const isRead = kinds.has('read') || kinds.has('played')
    const isDelivered = isRead || kinds.has('delivered')
    if (isRead) this.#reached.read += 1
    if (isDelivered) this.#reached.delivered += 1
    if (isDelivered || kinds.has('sent')) this.#reached.sent += 1
    if (kinds.has('failed')) this.#reached.failed += 1
    if (kinds.size === 0) this.#reached.none += 1
  }

  result(): Json {
    return { distinct: this.#distinct, reached: this.#reached }
  }
}

function* logLines(world: World, query: URLSearchParams): Iterable<Json> {
  const prefix = query.get('callback_prefix')
  for (const line of world.outbox.log.lines()) {
    if (prefix === null || textOf(line['biz_opaque_callback_data'])?.startsWith(prefix) === true) yield line
  }
}

function filterOf(query: URLSearchParams): Filter {
  const since = query.get('since')
  const time = since === null ? undefined : /^\d+$/.test(since) ? Number(since) : Date.parse(since)
  return {
    callbackPrefix: query.get('callback_prefix') ?? undefined,
    template: query.get('template') ?? undefined,
    since: time,
    phoneNumberId: query.get('phone_number_id') ?? undefined,
    to: query.get('to')?.replace(/^[+ ]/, '') ?? undefined,
  }
}

function sentLine(sent: Sent): Json {
  return {
    accepted_at: new Date(sent.at).toISOString(),
    to: sent.to,
    phone_number_id: sent.phoneNumberId,
    type: sent.type,
    template: sent.template,
    wamid: sent.wamid,
    biz_opaque_callback_data: sent.callback,
    planned: sent.steps.map(({ status, code }) => (code === undefined ? status : `${status} ${code}`)),
    reported: [...reportedKinds(sent)],
  }
}

function refusedLine({ at, code, phoneNumberId, to, template, callback }: Refused): Json {
  const refusedAt = new Date(at).toISOString()
  return {
    refused_at: refusedAt,
    code,
    to,
    phone_number_id: phoneNumberId,
    template,
    biz_opaque_callback_data: callback,
  }
}

function* mapped<From, To>(items: Iterable<From>, change: (item: From) => To): Iterable<To> {
  for (const item of items) yield change(item)
}
