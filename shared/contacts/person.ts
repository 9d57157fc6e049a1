/**
 * Who is behind a WhatsApp id. In some countries two numbers reach one WhatsApp account, and lists have both: Brazil put a
 * 9 before its mobile numbers, Argentina has one after the country code, and Mexico had a 1 there. Contacts, consent and
 * conversations are of the person: two ids of one person must never count as two people.
 */
import type { Contact } from './schema.ts'

/** The one form under which a person is known here, whichever form they were written in. */
export function personKey(waId: string): string {
  return waId
    .replace(/^55(\d\d)9([6-9]\d{7})$/, '55$1$2')
    .replace(/^521(\d{10})$/, '52$1')
    .replace(/^549(\d{10})$/, '54$1')
}

/** With whom a conversation with this contact is: the number the person has now, or their user id where they show none. */
export function personOfContact({ id, wa_id, user_id }: Pick<Contact, 'id' | 'wa_id' | 'user_id'>): string {
  return wa_id === null ? (user_id ?? id) : personKey(wa_id)
}
