/**
 * The app secrets that numbers have of their own, found by the ids that webhook bodies name. Whoever can reach the
 * address can ask, so answers are kept for a while, and unknown ids are asked about only so often.
 */
import type { Deps } from '../deps.ts'
import { AppError } from '../errors.ts'
import type { WorkspaceId } from '../ids.ts'
import { numbersOfWaba, phoneNumberOrNone, workspacesOfWaba } from '../phone-numbers/find.ts'
import { appSecretOf, type PhoneNumber } from '../phone-numbers/schema.ts'

const FRESH_FOR_MS = 10_000
const MOST_KEPT = 10_000
/** Questions about ids that have no secret, as far as is known. */
const MOST_STRANGERS_PER_SECOND = 50

export interface NumberSecrets {
  /** Of one number, by Meta's id. */
  ofNumber(metaId: string, asker: Asker): Promise<string | undefined>
  /**
   * The secrets of an account that several workspaces may use: one list for each of them, of its numbers. Only what is
   * in all of them may speak for the account.
   */
  ofAccount(wabaId: string, asker: Asker): Promise<string[][]>
}

/** Whether the body that names the id is known to be signed with somebody's secret. */
export type Asker = 'stranger' | 'signed'

interface Known {
  at: number
  secrets: string[][]
}

type SecretDeps = Pick<Deps, 'config' | 'containers' | 'numberOwners' | 'now'>

/** Throws `storage_unavailable` when there are too many strangers: Meta asks again. */
export function numberSecrets(deps: SecretDeps): NumberSecrets {
  const known = new Map<string, Known>()
  const strangers = { second: 0, asked: 0 }

  function admitStranger(at: number): void {
    const second = Math.floor(at / 1000)
    if (strangers.second !== second) Object.assign(strangers, { second, asked: 0 })
    if (++strangers.asked <= MOST_STRANGERS_PER_SECOND) return
    throw new AppError('storage_unavailable', 'Too many unknown signatures at once: send it again')
  }

  async function find(id: string, asker: Asker, read: () => Promise<string[][]>): Promise<string[][]> {
    const at = deps.now().getTime()
    const before = known.get(id)
    if (before && at - before.at < FRESH_FOR_MS) return before.secrets
    const isKnown = before !== undefined && before.secrets.flat().length > 0
    if (asker === 'stranger' && !isKnown) admitStranger(at)
    const secrets = await read()
    if (known.size >= MOST_KEPT) known.clear()
    known.set(id, { at, secrets })
    return secrets
  }

  return {
    async ofNumber(metaId, asker) {
      const [[secret] = []] = await find(`number:${metaId}`, asker, async () => [await secretsOfNumber(deps, metaId)])
      return secret
    },
    ofAccount: (wabaId, asker) => find(`account:${wabaId}`, asker, () => secretsOfAccount(deps, wabaId)),
  }
}

async function secretsOfNumber(deps: SecretDeps, metaId: string): Promise<string[]> {
  const owner = await deps.numberOwners.findNow(metaId)
  const phoneNumber = owner && (await phoneNumberOrNone(deps, owner.workspaceId, owner.phoneNumberId))
  return phoneNumber ? secretsOf(deps, [phoneNumber]) : []
}

async function secretsOfAccount(deps: SecretDeps, wabaId: string): Promise<string[][]> {
  const workspaceIds = await workspacesOfWaba(deps, wabaId)
  if (workspaceIds.length === 0) return []
  const byWorkspace: Map<WorkspaceId, PhoneNumber[]> = Map.groupBy(
    await numbersOfWaba(deps, wabaId),
    ({ workspace_id }) => workspace_id,
  )
  return workspaceIds.map((workspaceId) => secretsOf(deps, byWorkspace.get(workspaceId) ?? []))
}

function secretsOf({ config }: SecretDeps, phoneNumbers: PhoneNumber[]): string[] {
  return phoneNumbers.flatMap((phoneNumber) => appSecretOf(config, phoneNumber) ?? [])
}
