/** What a cold start pays for: the files and packages that the entry reaches without a dynamic import. */
import type { Metafile } from 'esbuild'

/** Slow to load, and needed by no cold start before its first request has arrived. */
const HEAVY = /^(@azure\/(?!functions)|xlsx$|csv-parse$|undici$|@opentelemetry\/)/
const PACKAGE = /node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*node_modules\/)/

/** A sentence for each heavy package that is loaded at once, with the way that leads to it. */
export function heavyImports({ inputs }: Pick<Metafile, 'inputs'>, entry: string): string[] {
  const found = new Map<string, string>()
  for (const [path, way] of eagerWays(inputs, entry)) {
    const name = PACKAGE.exec(path)?.[1] ?? ''
    if (HEAVY.test(name) && !found.has(name)) found.set(name, `${name} is loaded at once: ${way.join(' → ')}`)
  }
  return [...found.values()]
}

/** The built files that are loaded with the entry `output`, itself included. */
export function filesAtStart({ outputs }: Pick<Metafile, 'outputs'>, output: string): Set<string> {
  return new Set(eagerWays(outputs, output).keys())
}

interface WithImports {
  imports: readonly { path: string; kind: string; external?: boolean }[]
}

/** Every file the entry needs before it runs, each with a shortest way from the entry to it. */
function eagerWays(files: Record<string, WithImports>, entry: string): Map<string, string[]> {
  const ways = new Map([[entry, [entry]]])
  // A Map hands out what is added while it is read: breadth first.
  for (const [path, way] of ways) {
    for (const { path: next, kind, external } of files[path]?.imports ?? []) {
      if (kind === 'dynamic-import' || external === true || ways.has(next)) continue
      ways.set(next, [...way, next])
    }
  }
  return ways
}
