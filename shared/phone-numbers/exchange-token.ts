/** Exchanges the token of a number for one that lives longer. The tokens themselves are shown to nobody. */
import type { Deps } from '../deps.ts'
import type { WorkspaceId } from '../ids.ts'
import { changing } from './changing.ts'
import { findPhoneNumber } from './find.ts'
import { longLivedToken } from './meta-token.ts'
import { sealToken, tokenOf, type PhoneNumber } from './schema.ts'

type ExchangeDeps = Pick<Deps, 'config' | 'containers' | 'graph' | 'log' | 'now'>

/** Changes nothing for a token that lives long already. Throws `meta_refused` or `meta_unavailable`. */
export async function exchangeToken(
  deps: ExchangeDeps,
  workspaceId: WorkspaceId,
  phoneNumberId: string,
): Promise<PhoneNumber> {
  const known = await findPhoneNumber(deps, workspaceId, phoneNumberId)
  const token = tokenOf(deps.config, known)
  const longLived = await longLivedToken(deps, token)
  if (longLived.token === token && known.token_refused_at === null) return known
  return changing(deps, workspaceId, known.id, (current) => {
    // Somebody gave the number another token meanwhile: that one counts.
    if (current.access_token !== known.access_token) return current
    return {
      ...current,
      access_token: sealToken(deps.config, known, longLived.token),
      token_expires_at: longLived.expiresAt,
      token_refused_at: null,
      trouble: current.trouble?.kind === 'token' ? null : current.trouble,
      updated_at: deps.now().toISOString(),
    }
  })
}
