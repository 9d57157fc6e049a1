/** What may be sent into a conversation, checked by Meta's rules before it is queued. */
import * as z from 'zod'
import { wellFormedText } from '../http/text.ts'
import { headerProblem, InteractiveHeader } from './interactive-header.ts'
import { atMost, MAX_CAPTION, MAX_TEXT } from './text-limits.ts'

const REPLY_TYPES = [
  'text',
  'image',
  'video',
  'audio',
  'document',
  'interactive',
  'location',
  'contacts',
  'reaction',
] as const
export type ReplyType = (typeof REPLY_TYPES)[number]

/** The field that each type is about. */
const NEEDED = {
  text: 'text',
  image: 'media_id',
  video: 'media_id',
  audio: 'media_id',
  document: 'media_id',
  interactive: 'interactive',
  location: 'location',
  contacts: 'contacts',
  reaction: 'message_id',
} as const satisfies Record<ReplyType, string>

const Button = z.object({
  type: z.literal('reply'),
  reply: z.object({ id: atMost(256).min(1), title: atMost(20).min(1) }),
})
const Row = z.object({ id: atMost(200).min(1), title: atMost(24).min(1), description: atMost(72).optional() })
const Section = z.object({ title: atMost(24).optional(), rows: z.array(Row).min(1).max(10) })

const ACTIONS = {
  button: z.object({ buttons: z.array(Button).min(1).max(3) }),
  list: z
    .object({ button: atMost(20).min(1), sections: z.array(Section).min(1).max(10) })
    .refine(({ sections }) => sections.flatMap(({ rows }) => rows).length <= 10, {
      error: 'A list should have at most 10 rows in all sections',
    }),
  cta_url: z.object({
    name: z.literal('cta_url'),
    parameters: z.object({ display_text: atMost(20).min(1), url: z.url({ protocol: /^https?$/ }) }),
  }),
} as const

const OTHERS = [
  'location_request_message',
  'request_contact_info',
  'flow',
  'product',
  'product_list',
  'catalog_message',
  'address_message',
] as const

const anything = z.record(z.string(), z.unknown())

const Interactive = z
  .object({
    type: z.enum(['button', 'list', 'cta_url', ...OTHERS]),
    header: InteractiveHeader.optional(),
    body: z.object({ text: atMost(4096).min(1) }).optional(),
    footer: z.object({ text: atMost(60).min(1) }).optional(),
    action: anything.describe('As Meta takes it for this type'),
  })
  .superRefine((interactive, context) => {
    const { type, action, body, header } = interactive
    const problem = headerProblem(type, header)
    if (problem !== undefined) context.addIssue({ code: 'custom', path: ['header', 'type'], message: problem })
    if (!body && type !== 'product') missing(context, ['body'])
    const schema = type in ACTIONS ? ACTIONS[type as keyof typeof ACTIONS] : anything // by the line itself
    // As they are found, with their kind: each is worded as everywhere else.
    for (const issue of schema.safeParse(action, { reportInput: true }).error?.issues ?? []) {
      // What zod reported is what it takes.
      context.issues.push({ ...issue, path: ['action', ...issue.path] } as z.core.$ZodRawIssue)
    }
    if (JSON.stringify(interactive).length > MOST_JSON) {
      context.addIssue({ code: 'custom', path: ['action'], message: 'This is larger than WhatsApp takes' })
    }
  })

const MOST_JSON = 30_000

const Location = z.object({
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
  name: atMost(1000).optional(),
  address: atMost(1000).optional(),
})

const Card = z
  .looseObject({ name: z.looseObject({ formatted_name: atMost(200).min(1) }) })
  .describe('As Meta takes it: name, phones, emails, addresses, urls, org, birthday')

export const ReplyRequest = z
  .object({
    type: z.enum(REPLY_TYPES),
    text: atMost(MAX_TEXT).regex(/\S/, { error: 'A text needs more than spaces' }).optional(),
    media_id: z.uuid().optional().describe('Media file ID from /api/media'),
    caption: atMost(MAX_CAPTION).optional(),
    interactive: Interactive.optional(),
    location: Location.optional(),
    contacts: z.array(Card).min(1).max(257).optional(),
    emoji: wellFormedText.max(40).nullish().describe('Of a reaction; null or none takes ours back'),
    message_id: z
      .uuid()
      .optional()
      .describe('A message of this conversation: the one to quote, or the one that a reaction is about'),
  })
  .superRefine((body, context) => {
    const needed = NEEDED[body.type]
    if (body[needed] === undefined) missing(context, [needed])
    if (JSON.stringify(body.contacts ?? null).length > 10 * MOST_JSON) {
      context.addIssue({ code: 'custom', path: ['contacts'], message: 'This is larger than WhatsApp takes' })
    }
  })
  .meta({
    id: 'ReplyRequest',
    description: 'A message into a conversation; `type` says which of the other fields it is made of',
    examples: [{ type: 'text', text: 'It comes in blue, too' }],
  })
export type ReplyRequest = z.output<typeof ReplyRequest>

function missing(context: z.RefinementCtx, path: string[]): void {
  context.addIssue({ code: 'custom', path, message: 'Field required', params: { type: 'missing' } })
}
