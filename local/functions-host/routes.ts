/**
 * Which function answers a request. As in the real host, functions are tried in the order of their names (ignoring case)
 * and the first one whose route template and method fit wins: there is no "most specific route" rule (the host fills a
 * plain ASP.NET Core RouteCollection from its sorted function list), and a wrong method is simply no fit, so 404, not 405.
 */
import type { RegisteredFunction } from './core-types.ts'

export interface RouteMatch {
  readonly fn: RegisteredFunction
  readonly params: Record<string, string>
}

export interface RouteTable {
  match(method: string, path: string): RouteMatch | undefined
}

/** `functions` must be in name order. */
export function buildRoutes(functions: readonly RegisteredFunction[], routePrefix: string): RouteTable {
  const byMethod = new Map<string, Route[]>()
  for (const fn of functions) {
    const route = { fn, segments: parseTemplate(routeOf(fn), routePrefix) }
    for (const method of methodsOf(fn)) {
      const routes = byMethod.get(method)
      if (routes) routes.push(route)
      else byMethod.set(method, [route])
    }
  }
  return {
    match(method, path) {
      const segments = splitPath(path)
      for (const route of byMethod.get(method) ?? []) {
        const params = matchSegments(route.segments, segments)
        if (params) return { fn: route.fn, params }
      }
      return undefined
    },
  }
}

/** The route of an HTTP function; without one it is the function's name. */
export function routeOf({ trigger, metadata }: RegisteredFunction): string {
  const route = trigger['route']
  return typeof route === 'string' && route.trim() !== '' ? route : metadata.name
}

export function methodsOf({ trigger }: RegisteredFunction): string[] {
  const methods = trigger['methods']
  return Array.isArray(methods) ? methods.map((method) => String(method).toUpperCase()) : []
}

interface Route {
  readonly fn: RegisteredFunction
  readonly segments: readonly Segment[]
}

type Segment =
  | { readonly kind: 'literal'; readonly text: string }
  | { readonly kind: 'parameter'; readonly name: string; readonly optional: boolean; readonly fits: Constraint[] }
  | { readonly kind: 'rest'; readonly name: string }

type Constraint = (value: string) => boolean

const constraints: Readonly<Record<string, Constraint>> = {
  int: (value) => /^[+-]?\d{1,10}$/.test(value) && Math.abs(Number(value)) <= 2 ** 31 - 1,
  long: (value) => /^[+-]?\d{1,18}$/.test(value),
  bool: (value) => /^(true|false)$/i.test(value),
  alpha: (value) => /^[a-z]*$/i.test(value),
  guid: (value) => /^([{(])?[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}[)}]?$/i.test(value),
}

function parseTemplate(route: string, routePrefix: string): Segment[] {
  const own = route.replace(/^\/+|\/+$/g, '')
  // The host keeps everything that begins with these words for itself, even "administrators".
  if (/^(admin|runtime)/i.test(own)) throw new Error(`The route "${route}" conflicts with a built-in route of the host`)
  const parts = `${routePrefix}/${own}`.split('/').filter((part) => part !== '')
  return parts.map((part, index) => parseSegment(part, { route, isLast: index === parts.length - 1 }))
}

function parseSegment(part: string, { route, isLast }: { route: string; isLast: boolean }): Segment {
  if (!/[{}]/.test(part)) return { kind: 'literal', text: part.toUpperCase() }
  const match = /^\{(\*{0,2})([A-Za-z_][\w-]*)((?::[^{}:?=]+)*)(\?)?\}$/.exec(part)
  if (!match?.[2]) throw new Error(`"${part}" in the route "${route}" is a form this host does not support`)
  const [, stars, name, constraintList, optional] = match
  if ((stars || optional) && !isLast) throw new Error(`"${part}" in the route "${route}" may only come last`)
  if (stars) return { kind: 'rest', name }
  const fits = (constraintList ?? '')
    .split(':')
    .slice(1)
    .map((constraint) => {
      const known = constraints[constraint]
      if (!known)
        throw new Error(`The constraint "${constraint}" in the route "${route}" is not supported by this host`)
      return known
    })
  return { kind: 'parameter', name, optional: optional !== undefined, fits }
}

function matchSegments(template: readonly Segment[], path: readonly string[]): Record<string, string> | undefined {
  const params: Record<string, string> = {}
  for (const [index, segment] of template.entries()) {
    if (segment.kind === 'rest') {
      const rest = path.slice(index).join('/')
      if (rest !== '') params[segment.name] = rest
      return params
    }
    const value = path[index]
    if (!fitsSegment(segment, value)) return undefined
    if (segment.kind === 'parameter' && value !== undefined) params[segment.name] = value
  }
  return path.length > template.length ? undefined : params
}

function fitsSegment(segment: Exclude<Segment, { kind: 'rest' }>, value: string | undefined): boolean {
  if (segment.kind === 'literal') return value?.toUpperCase() === segment.text
  if (value === undefined) return segment.optional
  return value !== '' && segment.fits.every((fits) => fits(value))
}

/** Decoded segments; `.` and `..` are resolved and one trailing slash is ignored, as Kestrel and the router do. */
function splitPath(path: string): string[] {
  const segments: string[] = []
  for (const raw of path.slice(1).split('/')) {
    const segment = raw.includes('%') ? decodeSegment(raw) : raw
    if (segment === '..') segments.pop()
    else if (segment !== '.') segments.push(segment)
  }
  if (segments.at(-1) === '') segments.pop()
  return segments
}

/** Kestrel leaves an encoded slash encoded, so that it never splits a segment, and broken escapes as they are. */
function decodeSegment(raw: string): string {
  try {
    return raw
      .split(/(%2f)/i)
      .map((piece) => (/^%2f$/i.test(piece) ? piece : decodeURIComponent(piece)))
      .join('')
  } catch {
    return raw
  }
}
