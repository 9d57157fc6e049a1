/** Forgets: everything, or the parts that a test names. */
import { randomBytes } from 'node:crypto'
import { changedBehaviour, defaultBehaviour } from './behaviour.ts'
import type { Json } from './json.ts'
import type { WorldOptions } from './world-setup.ts'
import { saveSettings } from './world.ts'
import type { World } from './world.ts'

const parts: Readonly<Record<string, (world: World, options: WorldOptions) => void>> = {
  faults: (world) => world.faults.clear(),
  behaviour: (world, options) => {
    world.behaviour = changedBehaviour(defaultBehaviour, { ...options.behaviour })
    world.store.put('behaviour', 'behaviour', world.behaviour)
  },
  limits: (world) => world.limits.clear(),
}

/** `{"only":["faults","behaviour","limits"]}` keeps the rest; without it nothing is kept but the address and the token. */
export function resetWorld(world: World, { only }: Json, options: WorldOptions): void {
  if (only !== undefined) {
    const names = Array.isArray(only) ? only.map(String) : []
    for (const name of names) {
      const reset = parts[name]
      if (!reset) throw new TypeError(`only may name ${Object.keys(parts).join(', ')}`)
      reset(world, options)
    }
    return
  }
  world.outbox.clear()
  world.outbox.release()
  world.ledger.clear()
  world.contacts.clear()
  world.templates.clear()
  world.media.clear()
  for (const nodes of [world.wabas, world.phoneNumbers, world.tokens, world.codes]) nodes.clear()
  world.store.clear()
  for (const reset of Object.values(parts)) reset(world, options)
  world.settings.clockOffsetMs = 0
  // The ledger counts from one again, but no message id may come twice.
  world.settings.serial = randomBytes(4).toString('hex').toUpperCase()
  saveSettings(world)
}
