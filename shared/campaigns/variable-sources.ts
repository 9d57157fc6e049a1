/**
 * Where the values of a campaign's template come from, as they are given and stored. What a template takes of them is
 * checked in variables.ts and header.ts.
 */
import * as z from 'zod'
import { AttributeName } from '../contacts/attributes.ts'
import { wellFormedText } from '../http/text.ts'

/** Meta takes no empty values. */
const words = wellFormedText.min(1).max(1024).regex(/\S/, { error: 'Meta takes no empty values: give a text' })

/** The same for everybody. In `header.media`: the public https link of a file. */
const ValueSource = z.strictObject({ value: words })

/** Of the contact; `first_name` is the first word of its name. */
const FieldSource = z.strictObject({
  field: z.enum(['name', 'first_name', 'phone_number', 'wa_id']),
  fallback: words.optional(),
})
export type ContactField = z.output<typeof FieldSource>['field']

/** Of the contact, by a name of the workspace's own. */
const AttributeSource = z.strictObject({ attribute: AttributeName, fallback: words.optional() })

/** A file of ours for a header: its link is made when a message is sent. */
const MediaSource = z.strictObject({ media_id: z.uuid().toLowerCase() })

/** A place for a header, as Meta wants it. */
const PlaceSource = z.strictObject({
  latitude: z.number().min(-90).max(90),
  longitude: z.number().min(-180).max(180),
  name: words.optional(),
  address: words.optional(),
})

export const VariableSource = z
  .union([ValueSource, FieldSource, AttributeSource, MediaSource, PlaceSource], {
    error:
      'Give {"value": "…"}, {"field": "name"} (or first_name, phone_number, wa_id) or {"attribute": "…"}, the last two ' +
      'with a "fallback" if you like; for header.media {"media_id": "…"}, {"value": "https://…"}, or for a place ' +
      '{"latitude": …, "longitude": …}',
  })
  .meta({
    description:
      'Where one value of the template comes from. `value` is the same for everybody; `field` and `attribute` are of ' +
      'the contact, and who has neither it nor a `fallback` is skipped. Line breaks, tabs and long runs of spaces, ' +
      'which Meta refuses, become one space',
  })
export type VariableSource = z.output<typeof VariableSource>

/** A template has some dozen variables at most, and every worker reads the campaign once a second. */
const MOST_VARIABLES = 100

export const Variables = z
  .record(z.string().regex(/^(header|body|button)\.[a-z0-9_]+$/), VariableSource)
  .refine((given) => Object.keys(given).length <= MOST_VARIABLES, { error: `Give at most ${MOST_VARIABLES} variables` })
  .meta({
    description:
      'By the place of the value: `header.1` or `header.<name>` for the variable of a text header, `header.media` for ' +
      'the file or place of another, `body.1` or `body.<name>`, and `button.<index>` for the end of a link or the code ' +
      'to copy of the button at that position, counted from 0. A one-time code is given once, as `body.1`',
    example: {
      'header.media': { media_id: '7f1c2f6e-31a6-4c0c-9d6e-0a4f5b1c2d3e' },
      'body.1': { field: 'first_name', fallback: 'there' },
      'body.2': { attribute: 'city', fallback: 'your city' },
      'button.0': { value: 'SPRING25' },
    },
  })
export type Variables = z.output<typeof Variables>
