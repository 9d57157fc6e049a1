/** Runs a script of the repository as a person does: a process of its own, with the given settings and no others. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { COMPILE_CACHE } from '../../local/process/compile-cache.ts'

export interface Ended {
  code: number
  /** What it printed. */
  text: string
}

/** However it ends. */
export async function endOfScript(...script: Parameters<typeof runScript>): Promise<Ended> {
  try {
    return { code: 0, text: await runScript(...script) }
  } catch (error) {
    // What execFile rejects with.
    const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
    return { code, text: stdout + stderr }
  }
}

/** What it printed. Rejects if it ends with another code than 0. */
export async function runScript(
  script: string,
  parameters: readonly string[],
  settings: Record<string, string>,
): Promise<string> {
  const { PATH = '' } = process.env
  const env = { PATH, NODE_COMPILE_CACHE: COMPILE_CACHE, ...settings }
  return (await promisify(execFile)(process.execPath, [script, ...parameters], { env })).stdout
}
