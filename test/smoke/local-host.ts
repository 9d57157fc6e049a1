/** The functions host of local/ in the place of Core Tools: the same folder, the same files. */
import { join } from 'node:path'
import { startChild } from '../../local/process/child.ts'
import { REPOSITORY } from '../../local/stack/parts.ts'
import type { RunningHost } from './smoke.ts'

export async function localHost(folder: string, port: number): Promise<RunningHost> {
  const child = await startChild({
    part: 'The functions host',
    args: [
      join(REPOSITORY, 'local/functions-host/main.ts'),
      ...['--root', folder, '--entry', 'dist/index.cjs', '--settings', join(folder, 'local.settings.json')],
      ...['--port', String(port)],
    ],
  })
  return { stop: () => child.stop() }
}
