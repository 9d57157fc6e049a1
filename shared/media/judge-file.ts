/**
 * Judges a file while it passes by: what it is by its content, and whether it is small enough. Of an upload, name and
 * declared type must agree with the content; what people send us is kept, whatever it is and is called.
 */
import { AppError, fieldProblem } from '../errors.ts'
import { extensionOf, tidyFileName } from './file-name.ts'
import {
  ACCEPTED,
  FILE_TYPES,
  fileTypeOf,
  MAX_RECEIVED_BYTES,
  MAX_UPLOAD_BYTES,
  MB,
  OTHER_FILE,
  type FileType,
  type MediaType,
} from './file-types.ts'
import { HEAD_BYTES, lookAtBeginning, type ContentReader } from './sniff.ts'

export interface JudgedFile {
  name: string | null
  size: number
  type: FileType
  /** False for OGG audio in another codec than Opus. */
  isPlayable: boolean
}

export interface FileJudge {
  /** Throws as soon as the file cannot be taken. */
  take(chunk: Buffer): Promise<void>
  end(): Promise<JudgedFile>
}

/** What a sender says of a file: `type` is empty where it says nothing. */
export interface Claim {
  filename: string
  type: string
}

export function fileJudge(claim: Claim): FileJudge {
  const name = tidyFileName(claim.filename)
  const claims = { extension: extensionOf(name), type: UNKNOWN.has(claim.type) ? undefined : claim.type }
  return judging(name, { typeAmong: (mimes) => typeAmong(mimes, claims), mostBytes: MAX_UPLOAD_BYTES })
}

export function receivedFileJudge(fileName: string | null): FileJudge {
  const name = tidyFileName(fileName ?? '')
  const claims = { extension: extensionOf(name), type: undefined }
  const most = MAX_RECEIVED_BYTES
  const mostBytes = { image: most, video: most, audio: most, document: most }
  return judging(name, { typeAmong: (mimes) => receivedTypeAmong(mimes, claims), mostBytes })
}

interface Rules {
  typeAmong: (mimes: string[]) => FileType
  mostBytes: Record<MediaType, number>
}

function judging(name: string | null, { typeAmong, mostBytes }: Rules): FileJudge {
  let head: Buffer | undefined = Buffer.alloc(0)
  let reader: ContentReader | undefined
  let kind: MediaType = 'document'
  let size = 0

  const decide = async (beginning: Buffer) => {
    const looked = await lookAtBeginning(beginning)
    if (looked.mimes) kind = typeAmong(looked.mimes).kind
    reader = looked.reader
    reader.take(beginning)
    head = undefined
    return reader
  }

  return {
    async take(chunk) {
      size += chunk.length
      if (head === undefined) reader?.take(chunk)
      else {
        head = Buffer.concat([head, chunk])
        if (head.length >= HEAD_BYTES) await decide(head)
      }
      if (size > mostBytes[kind]) throw tooLarge(kind, mostBytes[kind])
    },
    async end() {
      if (size === 0) throw fileProblem('The file is empty')
      const { reader: whole } = head === undefined ? { reader } : { reader: await decide(head) }
      const found = whole?.mimes() ?? []
      const type = typeAmong(found)
      return { name, size, type, isPlayable: type.mime !== 'audio/ogg' || found.includes('audio/ogg; codecs=opus') }
    },
  }
}

/** What programs say that do not know. */
const UNKNOWN = new Set(['', 'application/octet-stream', 'binary/octet-stream', 'application/x-octet-stream'])

interface Claims {
  extension: string | undefined
  type: string | undefined
}

function typeAmong(mimes: string[], claims: Claims): FileType {
  const types = typesAmong(mimes, FILE_TYPES)
  const [first] = types
  if (!first) throw fileProblem(`The content of this file is none of what can be uploaded: ${ACCEPTED}`)
  const agreeing = types.find((type) => disagreement(type, claims) === undefined)
  if (agreeing) return agreeing
  throw fileProblem(`By its content this file is ${first.name}, but ${disagreement(first, claims) ?? ''}`)
}

/** Of several names of one content, the one that the file's name speaks for. */
function receivedTypeAmong(mimes: string[], claims: Claims): FileType {
  const types = typesAmong(mimes)
  return types.find((type) => disagreement(type, claims) === undefined) ?? types[0] ?? OTHER_FILE
}

function typesAmong(mimes: string[], types?: readonly FileType[]): FileType[] {
  return mimes.flatMap((mime) => fileTypeOf(mime.replace(/;.*$/, ''), types) ?? [])
}

function disagreement(known: FileType, { extension, type }: Claims): string | undefined {
  if (type !== undefined && type !== known.mime && !known.aliases.includes(type)) {
    return `it was sent as ${type.slice(0, 80)}`
  }
  if (extension === undefined || known.extensions.includes(extension)) return undefined
  return `its name ends in .${extension.slice(0, 20)}`
}

function tooLarge(kind: MediaType, mostBytes: number): AppError {
  const words = { image: 'An image', video: 'A video', audio: 'An audio file', document: 'A document' }
  return new AppError('payload_too_large', `${words[kind]} may have at most ${mostBytes / MB} MB`)
}

export function fileProblem(msg: string): AppError {
  return fieldProblem(['body', 'file'], msg)
}
