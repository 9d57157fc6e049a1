import { describe, expect, it } from 'vitest'
import { MAX_UPLOAD_BYTES, MB } from '../../../shared/media/file-types.ts'
import { fileJudge, receivedFileJudge } from '../../../shared/media/judge-file.ts'
import { aJpeg, aZip, isoMedia, SAMPLES, type Sample } from '../../support/media-samples.ts'

async function judged(name: string, content: Buffer, chunkBytes: number) {
  const judge = fileJudge({ filename: name, type: '' })
  for (let at = 0; at < content.length; at += chunkBytes) await judge.take(content.subarray(at, at + chunkBytes))
  return judge.end()
}

describe('a file that arrives', () => {
  it.each(SAMPLES.map((sample): [string, Sample] => [sample.name, sample]))(
    'in chunks of any size is the same: %s',
    async (name, { mime, content }) => {
      for (const chunkBytes of [1, 7, 100, content.length]) {
        expect(await judged(name, content, chunkBytes)).toMatchObject({ type: { mime }, size: content.length, name })
      }
    },
  )

  it('without Opus in it is no OGG audio that WhatsApp plays', async () => {
    const vorbis = Buffer.from(`OggS\0\x02${'\0'.repeat(20)}\x01\x1e\x01vorbis${'\0'.repeat(23)}`, 'latin1')
    expect(await judged('a.ogg', vorbis, 1000)).toMatchObject({ type: { mime: 'audio/ogg' }, isPlayable: false })
  })
})

/** What else than its own type a sender may call a file. */
const OTHER_NAMES: Record<string, string[]> = {
  'a.jpg': ['image/jpg'],
  // Windows tells browsers that CSV files are Excel's.
  'a.txt': ['text/csv', 'application/vnd.ms-excel'],
}

describe('a file under a declared type', () => {
  const declared = [...SAMPLES.map(({ mime }) => mime), 'image/jpg', 'text/csv']

  it.each(declared)(
    '%s is taken where that is true of its content, and refused with both where it is not',
    async (type) => {
      expect(declared).toHaveLength(22)
      for (const { name, mime, content } of SAMPLES) {
        const judge = fileJudge({ filename: name, type })
        await judge.take(content)
        const isTrue = mime === type || OTHER_NAMES[name]?.includes(type) === true
        if (isTrue) expect(await judge.end(), name).toMatchObject({ type: { mime } })
        else await expect(judge.end(), name).rejects.toThrow(`it was sent as ${type}`)
      }
    },
  )

  it('is refused under the extension of any other', async () => {
    for (const { name, mime, content } of SAMPLES) {
      for (const other of SAMPLES) {
        const judge = fileJudge({ filename: other.name, type: mime })
        await judge.take(content)
        const end = judge.end()
        // Audio in an MP4 file often keeps that ending.
        const isTrue = other.name === name || (name === 'a.m4a' && other.name === 'a.mp4')
        if (isTrue) expect(await end, name).toMatchObject({ type: { mime } })
        else await expect(end, `${name} as ${other.name}`).rejects.toThrow(`its name ends in .${other.name.slice(2)}`)
      }
    }
  })
})

const STICKER = Buffer.from('RIFF\x1a\0\0\0WEBPVP8L\x0d\0\0\0/\0\0\0\x10\x07\x10\x11\x11\x88\x88', 'latin1')

describe('a file that somebody sent us', () => {
  const receivedAs = async (name: string | null, content: Buffer) => {
    const judge = receivedFileJudge(name)
    await judge.take(content)
    return judge.end()
  }

  it.each(SAMPLES.map((sample): [string, Sample] => [sample.name, sample]))(
    'is what its content is, whatever it is called: %s',
    async (name, { mime, content }) => {
      for (const called of [name, 'a.exe', 'Vertrag.docx', null]) {
        // Audio and video in an MP4 file may have the same beginning: there, the name is all there is.
        const isTold = name === called || name !== 'a.m4a'
        const judged = await receivedAs(called, content)
        expect(judged, called ?? 'no name').toMatchObject({ name: called, ...(isTold ? { type: { mime } } : {}) })
      }
    },
  )

  it.each<[string, Buffer, object]>([
    ['sticker.webp', STICKER, { kind: 'image', mime: 'image/webp' }],
    ['setup.exe', Buffer.from('MZ\x90\0 a program', 'latin1'), { kind: 'document', mime: 'application/octet-stream' }],
    ['photos.zip', aZip(['a.jpg']), { kind: 'document', mime: 'application/octet-stream' }],
    ['page.html', Buffer.from('<html></html>'), { kind: 'document', mime: 'text/plain' }],
  ])('is kept though nobody could upload it: %s', async (name, content, type) => {
    expect(await receivedAs(name, content)).toMatchObject({ name, type, size: content.length })
    const upload = fileJudge({ filename: name, type: '' })
    await upload.take(content)
    await expect(upload.end()).rejects.toMatchObject({ status: 422 })
  })

  it('may have as much as Meta hands on, and has something in it', async () => {
    const judge = receivedFileJudge('a.jpg')
    await judge.take(aJpeg(100 * MB))
    await expect(judge.take(Buffer.from('x'))).rejects.toMatchObject({ code: 'payload_too_large' })
    await expect(receivedAs('a.jpg', Buffer.alloc(0))).rejects.toThrow('empty')
  })
})

describe('an archive that arrives byte by byte', () => {
  it('costs no more than its bytes, however long it is already', async () => {
    const judge = fileJudge({ filename: 'a.docx', type: '' })
    const filler = Buffer.alloc(2 * MB)
    filler.write('PK\x03\x04', 'latin1')
    await judge.take(filler)
    const started = process.cpuUsage()
    for (let count = 0; count < 20_000; count++) await judge.take(Buffer.from([0]))
    const { user, system } = process.cpuUsage(started)
    for (const byte of aZip(['[Content_Types].xml', 'word/document.xml'])) await judge.take(Buffer.from([byte]))
    expect(await judge.end()).toMatchObject({ type: { extensions: ['docx'] } })
    // Copying the archive's end for each of them took ten seconds.
    expect((user + system) / 1e6).toBeLessThan(2)
  })
})

describe('the limit of', () => {
  it.each<[keyof typeof MAX_UPLOAD_BYTES, string, Buffer, RegExp]>([
    ['image', 'a.jpg', aJpeg(), /^An image may have at most 16 MB/],
    ['video', 'a.mp4', isoMedia('isom', 'vide'), /^A video may have at most 100 MB/],
    ['audio', 'a.m4a', isoMedia('isom', 'soun'), /^An audio file may have at most 16 MB/],
    ['document', 'a.txt', Buffer.from('hello'), /^A document may have at most 100 MB/],
  ])('%s files is kept to the byte', async (kind, name, head, words) => {
    const judge = fileJudge({ filename: name, type: '' })
    await judge.take(head)
    const chunk = Buffer.alloc(MB, 0x5a)
    let left = MAX_UPLOAD_BYTES[kind] - head.length
    for (; left > 0; left -= chunk.length) await judge.take(chunk.subarray(0, left))
    const last = judge.take(Buffer.from('x'))
    await expect(last).rejects.toMatchObject({ code: 'payload_too_large' })
    await expect(last).rejects.toThrow(words)
  })
})
