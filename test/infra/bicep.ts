/** Reads as much of a Bicep file as the tests of infra/ need: declarations and their bodies, as text without comments. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'

export const INFRA = join(import.meta.dirname, '../../infra')

export interface Declaration {
  symbol: string
  /** Resource type without its version, or a module's file. */
  type: string
  existing: boolean
  /** What a `for` runs over. */
  list?: string
  /** From the first brace to its twin. */
  body: string
}

/** Text by path below infra/. */
export function bicepFiles(): Record<string, string> {
  const modules = readdirSync(join(INFRA, 'modules')).map((name) => `modules/${name}`)
  return Object.fromEntries(['main.bicep', ...modules].map((name) => [name, bicepText(name)]))
}

export function bicepText(name: string): string {
  const lines = readFileSync(join(INFRA, name), 'utf8').split('\n')
  return lines.filter((line) => !line.trim().startsWith('//')).join('\n')
}

export function resources(text: string): Declaration[] {
  return declarations(text, 'resource')
}

export function modules(text: string): Declaration[] {
  return declarations(text, 'module')
}

function declarations(text: string, keyword: 'resource' | 'module'): Declaration[] {
  const head = new RegExp(`^ *${keyword} (\\w+) '([^'@]+)(?:@[^']+)?'( existing)? =([^{]*)`, 'gm')
  return [...text.matchAll(head)].map((match) => {
    const [whole, symbol = '', type = '', existing, before = ''] = match
    const list = /for \w+ in ([\w.]+)/.exec(before)?.[1]
    const body = block(text, match.index + whole.length)
    return { symbol, type, existing: existing !== undefined, body, ...(list === undefined ? {} : { list }) }
  })
}

/** The value of one property of a body's first level, or undefined. */
export function property(body: string, name: string): string | undefined {
  return new RegExp(`^\\{(?:[^{}]|\\{[^{}]*\\})*?\\b${name}: ([^\\n,}]+)`).exec(body)?.[1]?.trim()
}

/** Names of parameters, of a module in JSON too: whether each has to be given. */
export function parameters(text: string): Map<string, { required: boolean; fallback: string | undefined }> {
  if (text.startsWith('{')) {
    const given = (JSON.parse(text) as { parameters: Record<string, { defaultValue?: string }> }).parameters
    const each = Object.entries(given).map(([name, { defaultValue }]) => [name, defaultValue] as const)
    return new Map(each.map(([name, fallback]) => [name, { required: fallback === undefined, fallback }]))
  }
  const found = [...text.matchAll(/^param (\w+) \w+(?: = (.+))?$/gm)]
  return new Map(found.map(([, name = '', fallback]) => [name, { required: fallback === undefined, fallback }]))
}

export function outputs(text: string): { name: string; value: string }[] {
  return [...text.matchAll(/^output (\w+) \w+ = (.+)$/gm)].map(([, name = '', value = '']) => ({ name, value }))
}

/** Keys of the object that is a body's property, such as a module's `params`. */
export function keysOf(body: string, name: string): string[] {
  const start = body.indexOf(`${name}: {`)
  if (start === -1) return []
  const inner = block(body, start + name.length + 2).slice(1, -1)
  return [...inner.matchAll(/^\s*(\w+):/gm)].map(([, key = '']) => key)
}

/** The app settings of function-app.bicep: the expression of each. */
export function appSettings(): Map<string, string> {
  const [, list = ''] = /var settings = \[([\s\S]*?)\n\]/.exec(bicepText('modules/function-app.bicep')) ?? []
  const found = [...list.matchAll(/name: '(\w+)',?\s+value: (.+?)\s*(?:\}$|\n)/gm)]
  return new Map(found.map(([, name = '', value = '']) => [name, value]))
}

function block(text: string, start: number): string {
  let depth = 0
  for (let at = start; at < text.length; at++) {
    if (text[at] === '{') depth++
    else if (text[at] === '}' && --depth === 0) return text.slice(start, at + 1)
  }
  throw new Error(`a brace is not closed after ${text.slice(start, start + 60)}`)
}
