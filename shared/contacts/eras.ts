/**
 * Which ids were a person's, and when: numbers change hands, and what was said or written under a number is of whoever had it then.
 */
import type { Stored } from '../azure/cosmos.ts'
import type { Contact, Era } from './schema.ts'

/** With the times of the ids that `others` leave behind, who are this person too. */
export function withEras(contact: Contact, others: readonly Stored<Contact>[], since: string): Contact {
  const eras = [
    ...(contact.eras ?? []),
    ...others.flatMap(({ value }) => [...(value.eras ?? []), leftAt(value, since)]),
  ]
  const unique = new Map(eras.map((era) => [JSON.stringify(era), era]))
  return unique.size === 0 ? contact : { ...contact, eras: [...unique.values()] }
}

/** Nobody else ever gets a user id; of a number one cannot know. */
function leftAt({ id, wa_id, holder_before }: Contact, since: string): Era {
  return { contact_id: id, from: holder_before?.until ?? null, until: wa_id === null ? null : since }
}

/** The present id, and those of before. */
export function erasOf({ id, holder_before, eras = [], former_ids = [] }: Contact): Era[] {
  const known = new Set(eras.map(({ contact_id }) => contact_id))
  const others = former_ids.filter((former) => !known.has(former))
  return [
    { contact_id: id, from: holder_before?.until ?? null, until: null },
    ...eras,
    ...others.map((contact_id) => ({ contact_id, from: null, until: null })),
  ]
}

/** As SQL over `c`: of the person, by the field that holds a time. Field names are ours and never come from a request. */
export function eraCondition(eras: readonly Era[], time: string) {
  const parameters: Record<string, string> = {}
  const texts = eras.map(({ contact_id, from, until }, index) => {
    parameters[`of${index}`] = contact_id
    if (from !== null) parameters[`from${index}`] = from
    if (until !== null) parameters[`until${index}`] = until
    const parts = [
      `c.contact_id = @of${index}`,
      ...(from === null ? [] : [`c.${time} > @from${index}`]),
      ...(until === null ? [] : [`c.${time} <= @until${index}`]),
    ]
    return `(${parts.join(' AND ')})`
  })
  return { text: `(${texts.join(' OR ')})`, parameters }
}
