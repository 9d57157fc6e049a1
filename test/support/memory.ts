/** Memory that somebody still holds: what the collector would take away is none. Only this thread's. */
import { setFlagsFromString } from 'node:v8'
import { runInNewContext } from 'node:vm'

setFlagsFromString('--expose-gc')
// The context of the flag has the function of this name.
const collectGarbage = runInNewContext('gc') as () => void

/** Of buffers alone. */
export function bufferBytesInUse(): number {
  collectGarbage()
  return process.memoryUsage().arrayBuffers
}

/** Of objects, texts and buffers. */
export function bytesInUse(): number {
  collectGarbage()
  const { heapUsed, arrayBuffers } = process.memoryUsage()
  return heapUsed + arrayBuffers
}
