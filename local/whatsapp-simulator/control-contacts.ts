/** Control routes for the people: let them write, open and close windows, stop marketing. */
import type { Routes } from './control.ts'
import type { Call } from './http.ts'
import { receiveMessage, receivePreference } from './inbound.ts'
import { idOf } from './json.ts'
import type { Json } from './json.ts'
import { firstPhoneNumberId } from './world-setup.ts'
import { digitsOf } from './world.ts'
import type { PhoneNumber, World } from './world.ts'

export const contactRoutes: Routes = {
  'POST inbound': (world, { fields }) => receiveMessage(world, numberOf(world, fields), fields ?? {}),
  'POST preferences': (world, { fields }) => receivePreference(world, numberOf(world, fields), fields ?? {}),
  'POST windows': setWindow,
}

/** `{from, open}`, or `{from, last_message_at}` for a window that is partly used up. No webhook is sent. */
function setWindow(world: World, { fields }: Call): Json {
  const number = numberOf(world, fields)
  const from = idOf(fields?.['from'])
  if (from === undefined) throw new TypeError('from is required')
  const user = from.includes('.') ? from : digitsOf(from)
  const lastMessageAt = fields?.['last_message_at']
  if (fields?.['open'] === false) world.contacts.closeWindow(number.id, user)
  else
    world.contacts.heardFrom(
      number.id,
      user,
      typeof lastMessageAt === 'string' ? Date.parse(lastMessageAt) : world.now(),
    )
  return { open: world.contacts.isWindowOpen(number.id, user, world.now()) }
}

function numberOf(world: World, fields: Json | undefined): PhoneNumber {
  const id = idOf(fields?.['phone_number_id']) ?? firstPhoneNumberId
  const number = world.phoneNumbers.get(id)
  if (!number) throw new TypeError(`There is no phone number ${id}`)
  return number
}
