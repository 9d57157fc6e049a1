/** What each plan has: the one table that quotas and rate limits are read from. */
import { MOST_MEMBERS, type WorkspacePlan } from './schema.ts'

export interface Plan {
  /** Contacts that are not deleted; null: as many as there are. */
  contacts: number | null
  /** Single messages and recipients of campaigns, by calendar month (UTC). */
  messages_per_month: number | null
  /** Invited ones too. */
  members: number
  phone_numbers: number | null
  /** As many at once, and that many a minute in the long run. */
  requests_per_minute: {
    /** Of everybody together. */
    workspace: number
    /** Of one person, or of the API key. */
    caller: number
  }
}

export const PLANS: Record<WorkspacePlan, Plan> = {
  free: {
    contacts: 5_000,
    messages_per_month: 5_000,
    members: 10,
    phone_numbers: 2,
    requests_per_minute: { workspace: 1_200, caller: 600 },
  },
  pro: {
    contacts: 100_000,
    messages_per_month: 250_000,
    members: 50,
    phone_numbers: 10,
    requests_per_minute: { workspace: 6_000, caller: 3_000 },
  },
  enterprise: {
    contacts: null,
    messages_per_month: null,
    members: MOST_MEMBERS,
    phone_numbers: null,
    requests_per_minute: { workspace: 60_000, caller: 60_000 },
  },
}

/** Of one person, for what is about no workspace of theirs. */
export const REQUESTS_OUTSIDE_PER_MINUTE = 6_000

export type Quota = 'contacts' | 'messages_per_month' | 'members' | 'phone_numbers'
