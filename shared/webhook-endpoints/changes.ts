/** Which stored documents are events when they change, and what each tells about itself. Pure. */
import { isDeepStrictEqual } from 'node:util'
import * as z from 'zod'
import type { Document } from '../azure/cosmos.ts'
import { Campaign } from '../campaigns/schema.ts'
import { Consent } from '../contacts/schema.ts'
import { derivedId, WorkspaceId } from '../ids.ts'
import { PhoneNumber } from '../phone-numbers/schema.ts'
import { Template } from '../templates/schema.ts'
import type { PublicEvent } from './publish.ts'

/** An event about a document of a workspace. */
export interface Change {
  workspaceId: WorkspaceId
  documentId: string
  event: PublicEvent
}

type Told = Pick<PublicEvent, 'type' | 'data'>

const CampaignPart = Campaign.pick({
  id: true,
  status: true,
  pause_reason: true,
  hold: true,
  scheduled_at: true,
  started_at: true,
  paused_at: true,
  completed_at: true,
  cancelled_at: true,
  failed_at: true,
  failure_reason: true,
  deleted_at: true,
})
const TemplatePart = Template.pick({
  id: true,
  type: true,
  phone_number_id: true,
  name: true,
  language: true,
  category: true,
  status: true,
  rejection_reason: true,
  quality_score: true,
})
const NumberPart = PhoneNumber.pick({
  id: true,
  status: true,
  display_name: true,
  verified_name: true,
  quality_rating: true,
  tier: true,
  message_limit: true,
  throughput_level: true,
  meta_status: true,
  token_refused_at: true,
  trouble: true,
  deleted_at: true,
})

const TELLING: Record<string, (document: unknown) => Told | undefined> = {
  campaign: (document) => told(CampaignPart, document, aboutCampaign),
  template: (document) => told(TemplatePart, document, aboutTemplate),
  deleted_template: (document) => told(TemplatePart, document, aboutTemplate),
  phone_number: (document) => told(NumberPart, document, aboutNumber),
  consent: (document) => told(Consent, document, aboutConsent),
}

/** What the document tells; undefined for one that is no business of a receiver's. */
export function toldBy(document: object): Told | undefined {
  const type = 'type' in document ? TELLING[String(document.type)] : undefined
  return type?.(document)
}

/** The event that writing `after` over `before` is; undefined `before`: it is new, or nobody knows what it was. */
export function changeOf(before: object | undefined, after: Document, now: Date): Change | undefined {
  const next = toldBy(after)
  if (!next || (before && isDeepStrictEqual(toldBy(before), next))) return undefined
  const written = Written.safeParse(after)
  if (!written.success) return undefined
  const { workspace_id: workspaceId, updated_at } = written.data
  // What comes back to an earlier state is another event: the time of the write is part of what happened.
  const key = JSON.stringify(['event', next, updated_at])
  const id = derivedId('other', workspaceId, `${after.id}\n${key}`)
  return { workspaceId, documentId: after.id, event: { id, timestamp: now.toISOString(), ...next } }
}

const Written = z.object({ workspace_id: WorkspaceId, updated_at: z.string().optional() })

function told<Schema extends z.ZodType>(
  schema: Schema,
  document: unknown,
  tell: (value: z.output<Schema>) => Told | undefined,
): Told | undefined {
  const parsed = schema.safeParse(document)
  return parsed.success ? tell(parsed.data) : undefined
}

function aboutCampaign({ id, deleted_at, ...campaign }: z.output<typeof CampaignPart>): Told {
  const { hold, status, pause_reason, failure_reason, ...times } = campaign
  const isHeld = status === 'SENDING' && hold !== undefined
  return {
    type: 'campaign.state_changed',
    data: {
      campaign_id: id,
      status,
      state: status === 'SCHEDULED' ? (times.paused_at === null ? 'scheduled' : 'paused') : null,
      reason: pause_reason ?? failure_reason,
      // Not until when: that moves while one hold lasts.
      held_since: isHeld ? hold.since : null,
      hold_reason: isHeld ? hold.reason : null,
      ...times,
      deleted: deleted_at !== undefined,
    },
  }
}

function aboutTemplate({ id, type, quality_score = 'UNKNOWN', ...template }: z.output<typeof TemplatePart>): Told {
  const data = { template_id: id, ...template, quality_score, deleted: type === 'deleted_template' }
  return { type: 'template.changed', data }
}

function aboutNumber({ id, deleted_at, ...number }: z.output<typeof NumberPart>): Told {
  return { type: 'phone_number.changed', data: { phone_number_id: id, ...number, deleted: deleted_at !== undefined } }
}

function aboutConsent({ kind, contact_id, at, source, is_late }: Consent): Told | undefined {
  if (kind !== 'opt_out' || is_late) return undefined
  return { type: 'contact.opted_out', data: { contact_id, opted_out_at: at, source } }
}
