/** Runs a script of the repository as a person does: a process of its own, with the given settings and no others. */
import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { COMPILE_CACHE } from '../../local/process/compile-cache.ts'

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
