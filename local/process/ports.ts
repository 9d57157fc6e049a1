/** Finding free ports, and saying clearly when a wanted one is taken. */
import { createServer } from 'node:net'
import { once } from 'node:events'

/** A port nobody listens on right now. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const address = server.address()
  server.close()
  await once(server, 'close')
  if (address === null || typeof address === 'string') throw new TypeError('a TCP server has a numeric port')
  return address.port
}

/** True if this machine's loopback address has this port to give. */
export async function isFree(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1')
  try {
    await once(server, 'listening')
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'EADDRINUSE') return false
    throw error
  }
  server.close()
  await once(server, 'close')
  return true
}

/** Throws a sentence that names the port and the cure if something listens on it. */
export async function requireFreePort(port: number, setting: string): Promise<void> {
  if (await isFree(port)) return
  throw new Error(`Port ${port} is in use. Stop what listens there, or choose another with ${setting}.`)
}
