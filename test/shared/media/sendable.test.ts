import { describe, expect, it } from 'vitest'
import { fileTypeOf, MB, MediaType } from '../../../shared/media/file-types.ts'
import { checkSendable, sendableAs, sendWarnings } from '../../../shared/media/sendable.ts'

function aFile(mime: string, size = 1000, isPlayable = true) {
  const { kind } = fileTypeOf(mime)!
  return { kind, mime_type: mime, file_size: size, is_playable: isPlayable }
}

describe('what WhatsApp delivers', () => {
  it.each<[string, number, string[]]>([
    ['image/jpeg', 5 * MB, ['image', 'document']],
    ['image/jpeg', 5 * MB + 1, ['document']],
    ['image/png', 16 * MB, ['document']],
    ['image/gif', 1, ['document']],
    ['image/bmp', 1, ['document']],
    ['video/mp4', 16 * MB, ['video', 'document']],
    ['video/3gpp', 16 * MB + 1, ['document']],
    ['video/quicktime', 1, ['document']],
    ['audio/ogg', 16 * MB, ['audio', 'document']],
    ['application/pdf', 100 * MB, ['document']],
    ['text/plain', 1, ['document']],
    ['image/webp', 1, ['document']],
  ])('of %s with %d bytes is %j', (mime, size, expected) => {
    const file = aFile(mime, size)
    expect(sendableAs(file)).toEqual(expected)
    expect(sendWarnings(file)).toHaveLength(expected.includes(file.kind) ? 0 : 1)
    for (const as of MediaType.options) {
      const check = () => {
        checkSendable(file, as)
      }
      if (expected.includes(as)) expect(check).not.toThrow()
      else expect(check).toThrow(/body\.media_type: .*: send it as (image or |video or |audio or )?document$/)
    }
  })

  it('promises nothing of a document that Meta does not list', () => {
    expect(sendWarnings(aFile('image/gif'))).toEqual([
      'WhatsApp does not show a GIF image as image: it can only be sent as a document, and WhatsApp may refuse it or show it ' +
        'otherwise than expected: it promises to show PDF, Word, Excel, PowerPoint and text only',
    ])
  })

  it('says why not, and what to do', () => {
    const check = (...[mime, as, size, isPlayable]: [string, MediaType, number?, boolean?]) => {
      try {
        checkSendable(aFile(mime, size, isPlayable), as)
        return 'sent'
      } catch (error) {
        return (error as { problems: { msg: string }[] }).problems[0]?.msg
      }
    }
    expect([
      check('image/gif', 'image'),
      check('image/png', 'image', 6 * MB),
      check('audio/ogg', 'audio', 1000, false),
      check('audio/ogg', 'document', 1000, false),
      check('video/mp4', 'image'),
      check('application/pdf', 'image'),
    ]).toEqual([
      'WhatsApp does not show a GIF image as image: send it as document',
      'WhatsApp delivers image files of at most 5 MB, and this one is larger: send it as document',
      'WhatsApp plays OGG audio only in the Opus codec: send it as document',
      'sent',
      'This file is an MP4 video: send it as video or document',
      'This file is a PDF document: send it as document',
    ])
  })
})
