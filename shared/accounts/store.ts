/** Accounts in Cosmos DB: e-mail addresses in `directory`, the person and their password in their own partition of `core`. */
import type { BatchOperation, Document, Stored } from '../azure/cosmos.ts'
import type { Deps } from '../deps.ts'
import {
  EmailEntry,
  IdentityEntry,
  Invitations,
  User,
  UserIdentity,
  UserPassword,
  emailEntryId,
  userIdentityId,
  type Credential,
  type ForeignProvider,
} from './schema.ts'

export type AccountStore = ReturnType<typeof accountStore>

export function accountStore({ directory, core }: Pick<Deps['containers'], 'directory' | 'core'>) {
  return {
    async findEmail(email: string): Promise<EmailEntry | undefined> {
      const id = emailEntryId(email)
      return (await directory.read(id, id, (document) => EmailEntry.parse(document)))?.value
    },

    /** Throws `conflict` if the address has an entry. */
    async createEmail(entry: EmailEntry): Promise<void> {
      await directory.create(entry, entry.id)
    },

    findUser(userId: string): Promise<Stored<User> | undefined> {
      return core.read(userId, userId, (document) => User.parse(document))
    },

    async findPassword(userId: string): Promise<UserPassword | undefined> {
      return (await core.read('password', userId, (document) => UserPassword.parse(document)))?.value
    },

    async findUserIdentity(userId: string, provider: ForeignProvider): Promise<UserIdentity | undefined> {
      return (await core.read(userIdentityId(provider), userId, (document) => UserIdentity.parse(document)))?.value
    },

    findIdentity(entryId: string): Promise<Stored<IdentityEntry> | undefined> {
      return directory.read(entryId, entryId, (document) => IdentityEntry.parse(document))
    },

    /** Throws `conflict` if the identity has an entry. */
    async createIdentity(entry: IdentityEntry): Promise<void> {
      await directory.create(entry, entry.id)
    },

    async replaceIdentity(stored: Stored<IdentityEntry>, entry: IdentityEntry): Promise<void> {
      await directory.replace(stored, entry, entry.id)
    },

    findInvitations(userId: string): Promise<Stored<Invitations> | undefined> {
      return core.read('invitations', userId, (document) => Invitations.parse(document))
    },

    async createInvitations(userId: string, noted: Pick<Invitations, 'memberships' | 'updated_at'>): Promise<void> {
      await core.create({ ...invitationsOf(userId), ...noted }, userId)
    },

    async replaceInvitations(stored: Stored<Invitations>, next: Invitations): Promise<void> {
      await core.replace(stored, next, next.workspace_id)
    },

    /**
     * All or nothing: the user, what they sign in with, and the end of their invitations. Throws `conflict` if this user
     * exists (nobody's finished account is ever written over), or if they were invited since `invitations` was read.
     */
    async createUser(user: User, credential: Credential, invitations: Stored<Invitations> | undefined): Promise<void> {
      const document: Invitations = { ...invitationsOf(user.id), is_closed: true, updated_at: user.updated_at }
      const closing: BatchOperation<Document> = invitations
        ? { kind: 'replace', document, etag: invitations.etag }
        : { kind: 'create', document }
      const creations = [user, credential].map((created) => ({ kind: 'create' as const, document: created }))
      await core.batch([...creations, closing], user.id)
    },

    replaceUser(stored: Stored<User>, user: User): Promise<Stored<User>> {
      return core.replace(stored, user, user.id)
    },
  }
}

function invitationsOf(userId: string): Omit<Invitations, 'updated_at'> {
  return {
    id: 'invitations',
    workspace_id: userId,
    type: 'invitations',
    v: 1,
    memberships: [],
    is_closed: false,
  }
}
