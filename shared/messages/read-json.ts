/** Reads what Meta sent, which may lack anything or have it in another shape: a part that is not as expected is absent. */

type Json = Record<string, unknown>

/** An empty object where there is none, so that its parts are absent too. */
export function objectIn(value: unknown, name: string): Json {
  const part = partOf(value, name)
  return isObject(part) ? part : {}
}

export function hasObject(value: unknown, name: string): boolean {
  return isObject(partOf(value, name))
}

/** Null for an empty text. */
export function textIn(value: unknown, name: string): string | null {
  const part = partOf(value, name)
  return typeof part === 'string' && part !== '' ? part : null
}

/** Meta writes numbers as texts here and there. */
export function numberIn(value: unknown, name: string): number | null {
  const part = partOf(value, name)
  const number = typeof part === 'string' && part.trim() !== '' ? Number(part) : part
  return typeof number === 'number' && Number.isFinite(number) ? number : null
}

export function isTrueIn(value: unknown, name: string): boolean {
  return partOf(value, name) === true
}

export function listIn(value: unknown, name: string): unknown[] {
  const part = partOf(value, name)
  return Array.isArray(part) ? part : []
}

function partOf(value: unknown, name: string): unknown {
  return isObject(value) && Object.hasOwn(value, name) ? value[name] : undefined
}

function isObject(value: unknown): value is Json {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
