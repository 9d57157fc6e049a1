/** Accounts as stored: a person, their password, and the directory entry that makes their e-mail address unique. */
import * as z from 'zod'
import { sha256Hex } from '../crypto/sha256.ts'
import { WorkspaceId } from '../ids.ts'
import { Role } from '../workspaces/membership.ts'

export const MemberStatus = z.enum(['pending', 'active', 'suspended']).meta({ id: 'MemberStatus' })
export type MemberStatus = z.output<typeof MemberStatus>

/** A user's own note of a workspace they belong to: what every request's permission is decided by. */
export const UserMembership = z.object({
  workspace_id: WorkspaceId,
  role: Role,
  status: MemberStatus,
  joined_at: z.string(),
})
export type UserMembership = z.output<typeof UserMembership>

/** In `core`, in the partition of the user's own id. Read once on every request: nothing large belongs here. */
export const User = z.object({
  id: z.uuid(),
  workspace_id: z.uuid(),
  type: z.literal('user'),
  v: z.literal(1),
  email: z.string(),
  name: z.string(),
  memberships: z.array(UserMembership),
  created_at: z.string(),
  updated_at: z.string(),
})
export type User = z.output<typeof User>

/**
 * In the partition of a user id that is reserved for an e-mail address: the memberships that wait for its sign-up. The
 * sign-up closes it in the batch that creates the user, so that nothing is noted here which nobody reads any more.
 */
export const Invitations = z.object({
  id: z.literal('invitations'),
  workspace_id: z.uuid(),
  type: z.literal('invitations'),
  v: z.literal(1),
  memberships: z.array(UserMembership),
  is_closed: z.boolean(),
  updated_at: z.string(),
})
export type Invitations = z.output<typeof Invitations>

/** Beside the user, in a document of its own, so that no other read carries the hash. */
export const UserPassword = z.object({
  id: z.literal('password'),
  workspace_id: z.uuid(),
  type: z.literal('password'),
  v: z.literal(1),
  hash: z.string(),
  updated_at: z.string(),
})
export type UserPassword = z.output<typeof UserPassword>

export const Provider = z.enum(['Email', 'Google', 'GitHub']).meta({ id: 'Provider', description: 'Login providers' })
export type Provider = z.output<typeof Provider>

/** Who vouches for a person in place of a password of ours. */
export const ForeignProvider = Provider.exclude(['Email'])
export type ForeignProvider = z.output<typeof ForeignProvider>

/**
 * Beside the user, as the password is: the one place that says whose identity opens this account. An entry in
 * `directory` only leads here.
 */
export const UserIdentity = z.object({
  id: z.string(),
  workspace_id: z.uuid(),
  type: z.literal('identity'),
  v: z.literal(1),
  provider: ForeignProvider,
  /** SHA-256 of the provider's id of the person. */
  subject_hash: z.string(),
  created_at: z.string(),
})
export type UserIdentity = z.output<typeof UserIdentity>

/** What the owner of a new account signs in with. */
export type Credential = UserPassword | UserIdentity

/** In `directory`: where the account of a provider's identity is, if that account agrees (see UserIdentity). */
export const IdentityEntry = z.object({
  id: z.string(),
  type: z.literal('identity'),
  v: z.literal(1),
  user_id: z.uuid(),
  created_at: z.string(),
})
export type IdentityEntry = z.output<typeof IdentityEntry>

/** In `directory`: who an e-mail address belongs to. */
export const EmailEntry = z.object({
  id: z.string(),
  type: z.literal('email'),
  v: z.literal(1),
  user_id: z.uuid(),
  created_at: z.string(),
})
export type EmailEntry = z.output<typeof EmailEntry>

/** Addresses that differ only in letter case are one account's, as every large mail provider treats them. */
export function emailEntryId(email: string): string {
  return `email:${sha256Hex(email.trim().normalize('NFC').toLowerCase())}`
}

/** By the provider's own id of the person: an e-mail address can change hands, this cannot. */
export function identityEntryId(provider: ForeignProvider, subjectHash: string): string {
  return `identity:${provider}:${subjectHash}`
}

export function userIdentityId(provider: ForeignProvider): string {
  return `identity:${provider}`
}

/** What a person is called who gave no name. */
export function nameFromEmail(email: string): string {
  return email.split('@')[0] ?? email
}
