/** What a preflight answers. */
import * as z from 'zod'

export const EXAMPLES_PER_PROBLEM = 5

const Problem = z.object({
  problem: z
    .enum(['missing_variable', 'too_long'])
    .describe('`missing_variable`: the campaign skips them. `too_long`: Meta will refuse their messages'),
  variable: z.string().describe('Where: a key of `variables`, or `body` for all of its text'),
  description: z.string().describe('The problem in words'),
  count: z.int(),
  examples: z
    .array(z.object({ contact_id: z.uuid(), detail: z.string().describe('What is missing or does not fit') }))
    .describe(`At most ${EXAMPLES_PER_PROBLEM} of them`),
})

const Blocking = z.object({
  code: z.string().describe('The error code that a start would be answered with'),
  field: z.string().nullable().describe('What to change, such as `template_id` or `variables.body.1`'),
  message: z.string(),
})

const Skipped = z.object({
  reason: z
    .enum(['opted_out', 'no_consent', 'missing_variable', 'no_phone_number', 'frequency_cap'])
    .describe('`frequency_cap`: they were sent as many marketing messages lately as the workspace allows'),
  count: z.int(),
})

const Number = z.object({
  status: z.string(),
  quality_rating: z.string(),
  allowed_per_second: z.int().describe('Messages that Meta takes from it in a second'),
  rate_per_second: z
    .number()
    .describe('Messages that a campaign sends in a second now: less after Meta slowed it down'),
})

const Portfolio = z.object({
  tier: z.string().nullable().describe('Meta’s word for the limit'),
  limit: z
    .int()
    .nullable()
    .describe('People it may write to first in 24 hours; null: no limit, or Meta did not tell it'),
  used: z.int().nullable().describe('Of these, as counted from our own sends; rounded where the limit is above 10,000'),
  left: z.int().nullable(),
})

export const CampaignPreflight = z
  .object({
    ready: z.boolean().describe('True if nothing is blocking: the campaign could start now'),
    blocking: z.array(Blocking).describe('Everything that keeps it from starting'),
    totals: z.object({
      audience: z.int().describe('Contacts that the audience describes'),
      checked: z.int().describe('Opted-in contacts whose message was made'),
      of: z.int().describe('Opted-in contacts of the audience'),
      is_complete: z
        .boolean()
        .describe(
          'False if there were too many to check in one answer: `would_send` and `problems` count `checked` only',
        ),
      would_send: z.int(),
      skipped: z.array(Skipped),
    }),
    problems: z.array(Problem),
    number: Number.nullable(),
    portfolio: Portfolio.nullable(),
    estimate: z
      .object({
        messages: z.int().describe('`would_send`; where not all were checked, what it comes to for all'),
        seconds: z.int().describe('At the present rate of the number, if nothing else sends with it'),
        days_held: z
          .int()
          .describe('Days it waits in between by itself, because the portfolio’s limit is reached; not in `seconds`'),
      })
      .nullable(),
    summary: z.string().describe('All of it in one sentence'),
  })
  .meta({ id: 'CampaignPreflight', description: 'What would come of a campaign that is started now' })
export type CampaignPreflight = z.output<typeof CampaignPreflight>
