/** Sessions and their refresh tokens in `directory`. Of a token only its hash is stored, as the id of its document. */
import type { Stored } from '../azure/cosmos.ts'
import { sha256Hex } from '../crypto/sha256.ts'
import type { Deps } from '../deps.ts'
import { isConflict } from '../errors.ts'
import { RefreshTokenDocument, SessionDocument } from './session-schema.ts'

export function refreshTokenId(token: string): string {
  return `refresh:${sha256Hex(token)}`
}

export function sessionDocumentId(sessionId: string): string {
  return `session:${sessionId}`
}

export function sessionStore({ directory }: Pick<Deps['containers'], 'directory'>) {
  return {
    async findToken(token: string): Promise<RefreshTokenDocument | undefined> {
      const id = refreshTokenId(token)
      return (await directory.read(id, id, (document) => RefreshTokenDocument.parse(document)))?.value
    },

    /** Does nothing if it is there: whoever refreshes at the same time makes the same token. */
    async keepToken(document: RefreshTokenDocument): Promise<void> {
      try {
        await directory.create(document, document.id)
      } catch (error) {
        if (!isConflict(error)) throw error
      }
    },

    findSession(sessionId: string): Promise<Stored<SessionDocument> | undefined> {
      const id = sessionDocumentId(sessionId)
      return directory.read(id, id, (document) => SessionDocument.parse(document))
    },

    async createSession(session: SessionDocument): Promise<void> {
      await directory.create(session, session.id)
    },

    /** Throws `conflict` if somebody refreshed or ended the session since it was read. */
    replaceSession(stored: Stored<SessionDocument>, session: SessionDocument): Promise<Stored<SessionDocument>> {
      return directory.replace(stored, session, session.id)
    },

    /** Safe to repeat. */
    async removeSession(sessionId: string): Promise<void> {
      const id = sessionDocumentId(sessionId)
      await directory.remove(id, id)
    },
  }
}
