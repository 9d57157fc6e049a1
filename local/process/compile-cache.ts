/** Where Node.js keeps what it compiled: a part of the local world that was started before starts in two thirds of the time. */
import { fileURLToPath } from 'node:url'

export const COMPILE_CACHE = fileURLToPath(new URL('../../node_modules/.cache/herald-compiled', import.meta.url))
