/** A process of its own that starts with the settings of its environment, seals a text, says so, and opens what it is given. */
import { createDeps } from '../../shared/create-deps.ts'
import { loadConfig } from '../../shared/config.ts'
import { open, seal } from '../../shared/crypto/secret-box.ts'

const deps = createDeps(loadConfig(process.env))
await deps.keyKeeper.freshen()
process.send?.(seal(deps.config.keyring, 'a token', 'a row'))
process.once('message', (box) => {
  process.send?.(open(deps.config.keyring, String(box), 'a row'))
  process.disconnect()
})
