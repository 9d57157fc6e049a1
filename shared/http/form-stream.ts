/**
 * The parts of a multipart/form-data body, one after the other as they arrive (RFC 7578): a file of any size is seen in
 * chunks, and memory stays at one of them.
 */
import { AppError } from '../errors.ts'
import { formFingerprint } from '../idempotency/fingerprint.ts'
import { gathered } from './gather.ts'
import {
  DASHES,
  delimiterOf,
  HEADERS_END,
  LINE_END,
  malformed,
  MAX_HEADER_BYTES,
  partHeaders,
  type PartHeaders,
} from './multipart.ts'
import { mediaType, type IncomingRequest } from './request.ts'

export interface StreamedPart extends PartHeaders {
  /** To be read before the next part is asked for; what is left of it then is skipped. */
  content: AsyncGenerator<Buffer, void>
}

const MAX_PARTS = 100

/** Throws `invalid_request` where the body is cut short or malformed, 415 where it is no form, 413 beyond `maxBytes`. */
export async function* formStream(request: IncomingRequest, maxBytes: number): AsyncGenerator<StreamedPart, void> {
  if (mediaType(request) !== 'multipart/form-data') {
    throw new AppError('unsupported_media_type', 'Send a form as multipart/form-data, for example with curl -F')
  }
  if (Number(request.headers.get('content-length') ?? 0) > maxBytes) throw tooLarge(maxBytes)
  const boundary = delimiterOf(request.headers.get('content-type') ?? '')
  const bytes = new ByteSource(request, maxBytes)
  try {
    const fingerprint = formFingerprint()
    yield* partsIn(bytes, Buffer.concat([LINE_END, boundary]), fingerprint)
    await request.onForm?.(fingerprint.end())
  } finally {
    bytes.drain()
  }
}

async function* partsIn(
  bytes: ByteSource,
  delimiter: Buffer,
  fingerprint: ReturnType<typeof formFingerprint>,
): AsyncGenerator<StreamedPart, void> {
  await skip(bytes.until(delimiter))
  for (let count = 0; ; count++) {
    if ((await bytes.take(DASHES.length)).equals(DASHES)) return
    if (count === MAX_PARTS) throw malformed(`it has more than ${MAX_PARTS} parts`)
    const headers = await joined(bytes.until(HEADERS_END), MAX_HEADER_BYTES)
    const part = partHeaders(headers.toString('utf8'))
    fingerprint.part(part)
    const content = seen(bytes.until(delimiter), fingerprint)
    yield { ...part, content }
    await skip(content)
  }
}

async function* seen(
  chunks: AsyncIterable<Buffer>,
  fingerprint: ReturnType<typeof formFingerprint>,
): AsyncGenerator<Buffer, void> {
  for await (const chunk of chunks) {
    fingerprint.content(chunk)
    yield chunk
  }
}

/** The text of a field that holds one. */
export function fieldText({ content }: StreamedPart, maxBytes: number): Promise<string> {
  return joined(content, maxBytes).then((bytes) => bytes.toString('utf8'))
}

async function joined(chunks: AsyncIterable<Buffer>, maxBytes: number): Promise<Buffer> {
  const kept: Buffer[] = []
  let size = 0
  for await (const chunk of chunks) {
    size += chunk.length
    if (size > maxBytes) throw malformed(`a field or a part's headers are longer than ${maxBytes} bytes`)
    kept.push(chunk)
  }
  return Buffer.concat(kept)
}

async function skip(chunks: AsyncGenerator<Buffer, void>): Promise<void> {
  for (let next = await chunks.next(); next.done !== true;) next = await chunks.next()
}

/** A body that is read up to marks in it, wherever its chunks happen to end. */
class ByteSource {
  readonly #chunks: AsyncIterator<Uint8Array>
  readonly #maxBytes: number
  #seen = 0
  /** Arrived and not given out. A form may begin with its first boundary: the line end before it is put here. */
  #held: Buffer = LINE_END

  constructor({ body }: IncomingRequest, maxBytes: number) {
    this.#chunks = gathered(body ?? nothing())
    this.#maxBytes = maxBytes
  }

  /** Everything before `mark`, which is taken too. */
  async *until(mark: Buffer): AsyncGenerator<Buffer, void> {
    for (;;) {
      const at = this.#held.indexOf(mark)
      if (at >= 0) {
        const last = this.#held.subarray(0, at)
        this.#held = this.#held.subarray(at + mark.length)
        if (last.length > 0) yield last
        return
      }
      // The mark may have begun in the last bytes.
      const sure = Math.max(0, this.#held.length - mark.length + 1)
      const part = this.#held.subarray(0, sure)
      this.#held = this.#held.subarray(sure)
      if (part.length > 0) yield part
      await this.#more()
    }
  }

  /** The next bytes, which stay where they are: headers begin with the line end that may have been looked at. */
  async take(count: number): Promise<Buffer> {
    while (this.#held.length < count) await this.#more()
    return this.#held.subarray(0, count)
  }

  /**
   * Takes what is still to come and throws it away, while the answer is on its way: a connection with unread bytes would
   * be of no use to the next request, and some senders read no answer before they have sent everything.
   */
  drain(): void {
    const rest = async (): Promise<void> => {
      while ((await this.#chunks.next()).done !== true);
    }
    // Nobody is left to tell that it broke off.
    rest().catch(() => undefined)
  }

  async #more(): Promise<void> {
    const { done, value } = await this.#next()
    if (done === true) throw malformed('it ends before its last boundary')
    this.#seen += value.byteLength
    if (this.#seen > this.#maxBytes) throw tooLarge(this.#maxBytes)
    this.#held = Buffer.concat([this.#held, value])
  }

  async #next(): Promise<IteratorResult<Uint8Array, unknown>> {
    try {
      return await this.#chunks.next()
    } catch (error) {
      // Whoever sent it went away: no failure of ours, and nobody is there to read the answer.
      throw new AppError('invalid_request', 'The body was cut off', { cause: error })
    }
  }
}

// eslint-disable-next-line @typescript-eslint/require-await -- a body comes asynchronously
async function* nothing(): AsyncGenerator<Uint8Array> {
  yield new Uint8Array()
}

function tooLarge(maxBytes: number): AppError {
  return new AppError('payload_too_large', `The form is larger than ${Math.floor(maxBytes / 1024 / 1024)} MB`)
}
