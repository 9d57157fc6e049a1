/** What is done to one phone number, under both path families: by our id, and inside a workspace also by Meta's. */
import { PhoneNumberRef } from '../../shared/phone-numbers/api.ts'
import { inBothPaths } from '../both-paths.ts'

export const onPhoneNumber = inBothPaths({
  plural: 'phone-numbers',
  param: 'phone_number_id',
  notFound: 'phone_number_not_found',
  nestedName: (name) => `phone-numbers-${name}-of-workspace`,
  nestedId: PhoneNumberRef,
})
