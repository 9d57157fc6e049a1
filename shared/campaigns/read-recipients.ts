/** Whom a campaign is for, and with which values: read the same way by planning, and by the preflight that foretells it. */
import type { AudienceContact } from '../contacts/audience.ts'
import { contactStore } from '../contacts/store.ts'
import type { Deps } from '../deps.ts'
import { PAGE_SIZE } from '../recipients/page.ts'
import { templateStore } from '../templates/store.ts'
import { audienceFilters } from './audience.ts'
import type { Campaign } from './schema.ts'
import { attributesIn, freezeParameters, variableKeys, type Frozen } from './variables.ts'

/** Fewer come only at the end. */
export const RECIPIENTS_PER_READ = PAGE_SIZE * 15

export interface Recipient {
  contact: AudienceContact
  frozen: Frozen
}

/** The next recipients after a contact's id, in the order of ids; from the first where it is null. Two requests. */
export async function readRecipients(
  { containers }: Pick<Deps, 'containers'>,
  campaign: Campaign,
  afterId: string | null,
): Promise<Recipient[]> {
  const { workspace_id, template_id, variables } = campaign
  const filters = await audienceFilters({ containers }, campaign)
  const [contacts, template] = await Promise.all([
    contactStore(containers).audiencePage(workspace_id, {
      afterId: afterId ?? undefined,
      limit: RECIPIENTS_PER_READ,
      filters,
      attributes: attributesIn(variables),
    }),
    templateStore(containers).find(workspace_id, template_id ?? ''),
  ])
  const keys = template ? variableKeys(template.value) : []
  return contacts.map((contact) => ({ contact, frozen: freezeParameters(keys, variables, contact) }))
}
