/** What questions in KQL ask for, to be held against what the code writes. */
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { INFRA } from './bicep.ts'

/** The text of every file that is deployed. */
export const SOURCES: readonly string[] = ['shared', 'functions'].flatMap((folder) => {
  const root = join(INFRA, '..', folder)
  const names = readdirSync(root, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.ts'))
  return names.map((name) => readFileSync(join(root, name), 'utf8'))
})

/** Events that the code writes, as far as they stand where they are written. */
export const WRITTEN: ReadonlySet<string> = new Set(
  SOURCES.flatMap((text) => text.match(/(?<=log\.\w+\(')[\w.]+(?=')/g) ?? []),
)

/** Texts that questions compare the field with. */
export function asked(questions: string, field: string): string[] {
  const equal = [...questions.matchAll(new RegExp(`\\b${field} == "([^"]+)"`, 'g'))].map(([, text = '']) => text)
  const lists = [...questions.matchAll(new RegExp(`\\b${field} in \\(([^)]+)\\)`, 'g'))]
  return [...new Set([...equal, ...lists.flatMap(([, list = '']) => list.match(/[^", ]+/g) ?? [])])].sort()
}

/** Names of fields behind a word and a point: `line.queue`. */
export function fieldsOf(questions: string, word: string): string[] {
  return [...new Set([...questions.matchAll(new RegExp(`\\b${word}\\.(\\w+)`, 'g'))].map(([, name = '']) => name))]
}
