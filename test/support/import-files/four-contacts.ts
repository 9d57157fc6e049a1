/** What every dialect file holds, and what an import makes of it. */
export const TABLE: readonly (readonly string[])[] = [
  ['phone', 'name', 'tags'],
  ['+12025550101', 'Anna Müller', 'vip;Berlin'],
  ['+447700900123', 'José "Pepe" García, jr.', 'vip'],
  ['+4915228817386', 'Zoë €', ''],
  ['+33639980012', '', 'a,b'],
]

/** By their numbers. */
export const CONTACTS = [
  { phone_number: '+12025550101', name: 'Anna Müller', tags: ['vip', 'Berlin'] },
  { phone_number: '+33639980012', name: null, tags: ['a', 'b'] },
  { phone_number: '+447700900123', name: 'José "Pepe" García, jr.', tags: ['vip'] },
  { phone_number: '+4915228817386', name: 'Zoë €', tags: [] },
]
