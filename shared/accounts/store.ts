/** Accounts in Cosmos DB: e-mail addresses in `directory`, the person and their password in their own partition of `core`. */
import type { Stored } from '../azure/cosmos.ts'
import type { Deps } from '../deps.ts'
import {
  EmailEntry,
  IdentityEntry,
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

    /** Both or none. Throws `conflict` if this user exists: nobody's finished account is ever written over. */
    async createUser(user: User, credential: Credential): Promise<void> {
      const documents = [user, credential]
      await core.batch(
        documents.map((document) => ({ kind: 'create', document })),
        user.id,
      )
    },

    replaceUser(stored: Stored<User>, user: User): Promise<Stored<User>> {
      return core.replace(stored, user, user.id)
    },
  }
}
