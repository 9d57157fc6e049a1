/** Ports of `npm start`: the API's is promised; its parts sit right above it, or anywhere if somebody else is there. */
import { freePort, isFree, requireFreePort } from '../process/ports.ts'
import type { StackPorts } from './world.ts'

const PARTS = ['whatsapp', 'cosmos', 'blob', 'queue', 'table'] as const

/** Throws a sentence that names the port and the cure if the API's port is taken. */
export async function usualPorts(api: number): Promise<StackPorts> {
  await requireFreePort(api, 'PORT, as in PORT=8100 npm start')
  const parts = await Promise.all(PARTS.map(async (part, index) => [part, await freeFrom(api + 1 + index)] as const))
  // One entry for each part, as PARTS lists them.
  return { functions: api, ...(Object.fromEntries(parts) as Record<(typeof PARTS)[number], number>) }
}

async function freeFrom(port: number): Promise<number> {
  return port < 65_536 && (await isFree(port)) ? port : freePort()
}
