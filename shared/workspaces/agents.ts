/** The setting that narrows the role AGENT to reading and sending; without it agents may what every member may. */
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { Endpoint } from '../http/endpoint.ts'
import type { Membership } from './membership.ts'
import { workspaceStore } from './store.ts'

/** One point read, and only where an agent wants more than to read or send. */
export async function checkAgentMay(
  { containers }: Pick<Deps, 'containers'>,
  { method, agents }: Pick<Endpoint, 'method' | 'agents'>,
  { role, workspaceId }: Membership,
): Promise<void> {
  if (role !== 'AGENT' || method === 'GET' || agents === 'always') return
  const settings = (await workspaceStore(containers).find(workspaceId))?.value.settings
  if (settings?.agents_read_and_send_only === true) {
    throw new AppError('forbidden', 'In this workspace agents can only read and send')
  }
}
