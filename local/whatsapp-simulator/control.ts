/** The control API under `/_simulator/`: JSON without authentication, for tests and people on this machine. */
import { changedBehaviour } from './behaviour.ts'
import { accountRoutes } from './control-accounts.ts'
import { contactRoutes } from './control-contacts.ts'
import { reportRoutes } from './control-reports.ts'
import { webhookRoutes } from './control-webhooks.ts'
import type { Answer, Call } from './http.ts'
import { populate } from './world-setup.ts'
import type { WorldOptions } from './world-setup.ts'
import { resetWorld } from './reset.ts'
import { saveSettings } from './world.ts'
import type { World } from './world.ts'

export type Controls = { options: WorldOptions; setWebhookUrl: (url: string | undefined) => void }
export type Route = (world: World, call: Call, more: { id: string; controls: Controls }) => unknown
export type Routes = Readonly<Record<string, Route>>

/** Keys are method and path after `/_simulator/`; `*` stands for one id. */
const routes: Routes = {
  ...accountRoutes,
  ...contactRoutes,
  ...reportRoutes,
  ...webhookRoutes,
  'GET behaviour': (world) => world.behaviour,
  'PATCH behaviour': setBehaviour,
  'POST behaviour': setBehaviour,
  'GET faults': (world) => world.faults.all(),
  'POST faults': (world, { fields }) => world.faults.add(fields ?? {}),
  'DELETE faults': (world) => {
    world.faults.clear()
    return { success: true }
  },
  'DELETE faults/*': (world, _call, { id }) => ({ success: world.faults.remove(id) }),
  'POST clock': moveClock,
  'POST reset': (world, { fields }, { controls }) => {
    resetWorld(world, fields ?? {}, controls.options)
    populate(world, controls.options)
    return { success: true }
  },
}

export async function answerControl(world: World, controls: Controls, call: Call): Promise<Answer> {
  const path = call.path.slice('/_simulator/'.length).replace(/\/$/, '')
  const found = routeFor(call.method, path)
  if (!found) return { status: 404, body: { error: `The simulator has no ${call.method} /_simulator/${path}` } }
  if (call.fields === undefined) return { status: 400, body: { error: 'The body must be a JSON object' } }
  try {
    const result = await found.route(world, call, { id: found.id, controls })
    const flushed = world.store.flushed()
    if (flushed) await flushed
    return isLines(result) ? { status: 200, lines: result.lines } : { status: 200, body: result }
  } catch (error) {
    return { status: 400, body: { error: error instanceof Error ? error.message : String(error) } }
  }
}

function routeFor(method: string, path: string): { route: Route; id: string } | undefined {
  const exact = routes[`${method} ${path}`]
  if (exact) return { route: exact, id: '' }
  const parts = path.split('/')
  const id = decodeURIComponent(parts[1] ?? '')
  const route = routes[`${method} ${[parts[0], '*', ...parts.slice(2)].join('/')}`]
  return route && id !== '' ? { route, id } : undefined
}

function isLines(result: unknown): result is { lines: Iterable<unknown> } {
  return typeof result === 'object' && result !== null && 'lines' in result
}

function setBehaviour(world: World, { fields }: Call): unknown {
  world.behaviour = changedBehaviour(world.behaviour, fields ?? {})
  world.store.put('behaviour', 'behaviour', world.behaviour)
  world.outbox.wake()
  return world.behaviour
}

/** Moves the simulated time forward: windows close, URLs expire, what is due later becomes due now. */
function moveClock(world: World, { fields }: Call): unknown {
  const ms = fields?.['advance_ms']
  if (typeof ms !== 'number' || ms < 0) throw new TypeError('advance_ms must be a number of milliseconds, not negative')
  world.settings.clockOffsetMs += ms
  saveSettings(world)
  world.outbox.wake()
  return { now: new Date(world.now()).toISOString() }
}
