/** What the build says of itself: sizes, and what a cold start pays for. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { BUNDLE, buildFloor, type BuiltFile } from './bundle.ts'
import { measureImport } from './measure-import.ts'

const MOST_IMPORT_MS = 300

export function kilobytes(bytes: number): string {
  return `${Math.ceil(bytes / 1000)
    .toLocaleString('en')
    .padStart(6)} KB`
}

/** Two lines: how much of what was built in `root` a cold start reads, and how long it takes, beside the least it could. */
export async function coldStart(root: string, files: readonly BuiltFile[]): Promise<string[]> {
  const read = files.filter(({ atStart }) => atStart).reduce((sum, { bytes }) => sum + bytes, 0)
  const { ms } = await measureImport(join(root, BUNDLE))
  const floor = await floorMs(root)
  return [
    `${'read at a cold start'.padEnd(30)} ${kilobytes(read)}`,
    `${'import of the bundle'.padEnd(30)} ${milliseconds(ms)}  (at most ${MOST_IMPORT_MS} ms on an idle machine; ` +
      `@azure/functions alone: ${milliseconds(floor).trim()})`,
  ]
}

async function floorMs(root: string): Promise<number> {
  const folder = await mkdtemp(join(tmpdir(), 'herald-floor-'))
  try {
    return (await measureImport(await buildFloor(root, folder))).ms
  } finally {
    await rm(folder, { recursive: true })
  }
}

function milliseconds(ms: number): string {
  return `${Math.round(ms).toString().padStart(6)} ms`
}
