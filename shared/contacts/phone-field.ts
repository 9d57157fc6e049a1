/** A phone number in a request: told with the other problems of the request, in the words of phone.ts. */
import * as z from 'zod'
import { parsePhone } from './phone.ts'

export const PhoneField = z.string().superRefine((text, context) => {
  const parsed = parsePhone(text)
  if (!parsed.ok) context.addIssue({ code: 'custom', message: parsed.problem })
})
