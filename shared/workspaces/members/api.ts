/** Members as the API's users see them. */
import * as z from 'zod'
import { MemberStatus } from '../../accounts/schema.ts'
import { inLowerCase, wordFilter } from '../../http/word-filter.ts'
import { Role } from '../membership.ts'
import type { Member } from '../schema.ts'

export const AddMemberRequest = z
  .object({
    user_email: z
      .string()
      .trim()
      .max(254)
      .pipe(z.email())
      .meta({ format: 'email', description: 'Of an account, or of somebody who is to sign up with it.' }),
    role: Role.default('MEMBER'),
  })
  .meta({ id: 'AddMemberRequest', description: 'Request model for adding a member to a workspace' })

export const MemberUpdate = z
  .object({
    role: Role.nullish(),
    status: MemberStatus.exclude(['pending'])
      .nullish()
      .meta({ description: 'A suspended member keeps the place and is refused everywhere in the workspace.' }),
  })
  .meta({ id: 'WorkspaceMemberUpdate', description: 'What to change about a member; null or absent leaves it' })

export const WorkspaceMemberResponse = z
  .object({
    id: z.uuid().meta({ description: 'Of the membership, for the paths below /members.' }),
    user_id: z.uuid(),
    user_email: z.string().optional().meta({ format: 'email', description: 'As whoever added them wrote it.' }),
    role: Role,
    status: MemberStatus.meta({ description: 'pending until somebody signs up with the address.' }),
    joined_at: z.iso.datetime().nullish(),
  })
  .meta({ id: 'WorkspaceMemberResponse', description: 'Response model for workspace member' })

export const MembersPath = z.object({ workspace_id: z.uuid() })
export const MemberPath = MembersPath.extend({ member_id: z.uuid() })

/** In any letter case. */
export const MembersQuery = z.object({
  // Without the id of `MemberStatus`: its words are shown as an example here.
  status: wordFilter(z.enum(MemberStatus.options), inLowerCase).meta({
    description: 'Only members with this status: pending, active or suspended.',
  }),
})

export function memberResponse({ id, user_id, user_email, role, status, joined_at }: Member) {
  return { id, user_id, user_email, role, status, joined_at }
}
