/**
 * Message ids with the structure of Meta's: base64 of a small record with the user's number, a direction byte and a
 * unique hex id. Opaque to everyone else, and now and then with `/` in it, which is why they fit in no path.
 */

const outgoing = 0x11
const incoming = 0x12

/** `unique` must not repeat within a world; `world` keeps the ids of different worlds apart. */
export function newWamid(direction: 'outgoing' | 'incoming', user: string, world: string, unique: number): string {
  const length = direction === 'outgoing' ? 18 : 20
  const serial =
    world +
    unique
      .toString(16)
      .toUpperCase()
      .padStart(length - world.length, '0')
  const number = Buffer.from(user, 'latin1')
  const head = [0x1c, 0x18, number.length & 0xff]
  const middle = [0x15, 0x02, 0x00, direction === 'outgoing' ? outgoing : incoming, 0x18, length]
  const record = Buffer.concat([
    Buffer.from(head),
    number,
    Buffer.from(middle),
    Buffer.from(serial, 'latin1'),
    // 0xff gives a `/` in the base64 form.
    Buffer.from([unique % 16 === 0 ? 0xff : 0x00]),
  ])
  return `wamid.${record.toString('base64')}`
}

/** Whether this could be the id of a message that a user wrote (in contrast to one of ours, or to any other text). */
export function isIncoming(wamid: string): boolean {
  if (!wamid.startsWith('wamid.')) return false
  const record = Buffer.from(wamid.slice('wamid.'.length), 'base64')
  const numberLength = record[2] ?? 0
  return record[0] === 0x1c && record[3 + numberLength + 3] === incoming
}
