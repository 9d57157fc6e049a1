/** Workspaces as the API's users see them. */
import * as z from 'zod'
import type { Deps } from '../deps.ts'
import { wellFormedText } from '../http/text.ts'
import { Role } from './membership.ts'
import {
  ConsentReply,
  ConsentWords,
  FrequencyCap,
  QuietHours,
  WorkspacePlan,
  WorkspaceStatus,
  type Workspace,
} from './schema.ts'
import { openSecret } from './secrets.ts'

const MAX_NAME = 255

export const WorkspaceCreate = z
  .object({ name: wellFormedText.trim().min(1).max(MAX_NAME), plan: WorkspacePlan.default('free') })
  .meta({ id: 'WorkspaceCreate', description: 'Request model for creating a workspace' })

/** The API document names no bounds here; they hold all the same. */
const newName = wellFormedText
  .trim()
  .refine((text) => text !== '', {
    error: 'String should have at least 1 character',
    params: { type: 'string_too_short' },
  })
  .refine((text) => text.length <= MAX_NAME, {
    error: `String should have at most ${MAX_NAME} characters`,
    params: { type: 'string_too_long' },
  })

const SettingsUpdate = z.looseObject({
  default_country: z.string().nullish().meta({
    description: 'ISO 3166 code: the country of phone numbers that an import gives without their country code.',
    example: 'DE',
  }),
  contacts_opted_in: z.boolean().nullish().meta({
    description: 'Whether contacts made without a word about consent count as opted in; true if not set.',
  }),
  check_service_window: z.boolean().nullish().meta({
    description: 'Whether texts and media wait for the person to write within 24 hours; true if not set.',
  }),
  max_error_percent: z.int().min(1).max(100).nullish().meta({
    description:
      'A campaign pauses when this share of its latest messages fails, for reasons that are not about one person; 20 if not set.',
  }),
  pause_on_red_quality: z.boolean().nullish().meta({
    description: 'Whether campaigns pause when Meta rates their number RED; true if not set.',
  }),
  quiet_hours: QuietHours.nullish().meta({
    description: 'When campaigns send to nobody, by the clock where the person lives; never if not set.',
    example: { from: '21:00', to: '08:00' },
  }),
  opt_out_words: ConsentWords.nullish().meta({
    description:
      'Messages that are nothing but one of these opt the person out; if not set, STOP and the like in some thirty languages.',
    example: ['stop', 'no more'],
  }),
  opt_in_words: ConsentWords.nullish().meta({
    description:
      'Messages that are nothing but one of these opt the person in; if not set, START and the like take back an opt-out.',
    example: ['join'],
  }),
  opt_out_reply: ConsentReply.nullish().meta({
    description: 'The text that confirms an opt-out by a word, once each time; none if not set.',
    example: 'You will get no more offers from us. Write START to get them again.',
  }),
  opt_in_reply: ConsentReply.nullish().meta({ description: 'The same for an opt-in.' }),
  frequency_cap: FrequencyCap.nullish().meta({
    description:
      'The most marketing messages that all campaigns together send one contact within any so many hours; whoever has ' +
      'had them is skipped. Counted while it is set; no limit if not set.',
    example: { messages: 2, hours: 168 },
  }),
  agents_read_and_send_only: z.boolean().nullish().meta({
    description: 'Whether the role AGENT may only read and send; false if not set.',
  }),
  late_start_minutes: z.int().min(5).max(10_080).nullish().meta({
    description: 'How many minutes after its time a scheduled campaign is still started; 60 if not set.',
  }),
})

export const WorkspaceUpdate = z
  .object({
    name: newName.nullish(),
    plan: WorkspacePlan.nullish().meta({ description: 'Only an OWNER can change it.' }),
    status: WorkspaceStatus.nullish().meta({
      description: 'A workspace that is not active sends nothing; nobody inside can lift a suspension.',
    }),
    settings: SettingsUpdate.nullish().meta({
      description: 'Given keys replace, null removes one, all others stay. Keys that Herald does not know are kept.',
    }),
  })
  .meta({ id: 'WorkspaceUpdate', description: 'Request model for updating a workspace' })

export const WorkspaceResponse = z
  .object({
    id: z.uuid(),
    name: z.string(),
    slug: z.string(),
    api_key: z.guid().meta({ description: 'For the header `X-API-Key`. Zeros for all but OWNER and ADMIN.' }),
    webhook_secret: z.guid().meta({
      description:
        'Signs what is sent to webhook endpoints; also accepted as the token when Meta verifies the webhook. ' +
        'Zeros for all but OWNER and ADMIN.',
    }),
    created_by: z.uuid(),
    plan: WorkspacePlan,
    status: WorkspaceStatus,
    settings: z.record(z.string(), z.unknown()),
    created_at: z.iso.datetime(),
    updated_at: z.iso.datetime(),
  })
  .meta({ id: 'WorkspaceResponse', description: 'Full workspace response' })

export const WorkspaceListResponse = z
  .object({
    id: z.uuid(),
    name: z.string(),
    slug: z.string(),
    plan: WorkspacePlan,
    status: WorkspaceStatus,
    created_at: z.iso.datetime(),
    user_role: Role,
  })
  .meta({ id: 'WorkspaceListResponse', description: "Summarized workspace info with user's role" })

/** What members without the right to see a secret get in its place: of the documented type, and obviously no secret. */
export const HIDDEN_SECRET = '00000000-0000-0000-0000-000000000000'

export function workspaceResponse(
  { config }: Pick<Deps, 'config'>,
  workspace: Workspace,
  role: Role,
): z.output<typeof WorkspaceResponse> {
  const maySeeSecrets = role === 'OWNER' || role === 'ADMIN'
  return {
    ...workspace,
    api_key: maySeeSecrets ? openSecret(config, workspace, 'api_key') : HIDDEN_SECRET,
    webhook_secret: maySeeSecrets ? openSecret(config, workspace, 'webhook_secret') : HIDDEN_SECRET,
  }
}

export function workspaceListItem({ workspace, role }: { workspace: Workspace; role: Role }) {
  return { ...workspace, user_role: role }
}
