/** The functions host as a process of its own, on a world's stores, and told by its simulated WhatsApp what happens. */
import { startChild, type Child } from '../../local/process/child.ts'
import type { MetaWorld } from './tenants.ts'

export interface HostBehindMeta {
  child: Child
  url: string
  /** What it logged. */
  lines: string[]
}

export async function aHostBehindMeta(
  meta: MetaWorld,
  env: Record<string, string | undefined> = {},
  onLine: (line: string) => void = () => undefined,
): Promise<HostBehindMeta> {
  const lines: string[] = []
  const child = await startChild({
    part: 'The functions host',
    args: ['local/functions-host/main.ts', '--port', '0'],
    env: { ...meta.world.env, ...env },
    onLine: (line) => {
      lines.push(line)
      onLine(line)
    },
  })
  // The host's own ready line.
  const { url } = JSON.parse(child.ready) as { url: string }
  await meta.control('POST', 'webhooks/url', { url: `${url}/webhook` })
  return { child, url, lines }
}
