/**
 * The request object of our server: counts the body as it arrives and stops it at the limit, also when no
 * Content-Length announced it. Counting here costs nothing and leaves the stream to whoever reads it.
 */
import { IncomingMessage } from 'node:http'

/** What the real host accepts unless FUNCTIONS_REQUEST_BODY_SIZE_LIMIT says otherwise. */
export const defaultBodyLimit = 104_857_600

export class LimitedRequest extends IncomingMessage {
  #received = 0
  #limit = Infinity
  #onExceeded: (() => void) | undefined

  /** False when the announced length is already too much; otherwise `onExceeded` is called if the body turns out so. */
  limitBody(limit: number, onExceeded: () => void): boolean {
    const isWithin = Number(this.headers['content-length'] ?? 0) <= limit && this.#received <= limit
    this.#limit = isWithin ? limit : -1
    this.#onExceeded = isWithin ? onExceeded : undefined
    return isWithin
  }

  override push(chunk: unknown, encoding?: BufferEncoding): boolean {
    if (chunk instanceof Uint8Array) this.#received += chunk.byteLength
    if (this.#received <= this.#limit) return super.push(chunk, encoding)
    // Nothing more reaches the reader, the end neither: it must not take a cut body for a whole one. The rest is taken
    // and thrown away, because a connection closed over unread bytes is reset, and the caller never sees the answer.
    this.#onExceeded?.()
    this.#onExceeded = undefined
    return true
  }
}
