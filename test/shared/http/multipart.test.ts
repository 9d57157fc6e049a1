import { describe, expect, it } from 'vitest'
import { formParts } from '../../../shared/http/multipart.ts'

const TYPE = 'multipart/form-data; boundary=b'

function form(...parts: string[]): Buffer {
  return Buffer.from(`${parts.map((part) => `--b\r\n${part}\r\n`).join('')}--b--\r\n`)
}

function part(headers: string, content: string): string {
  return `${headers}\r\n\r\n${content}`
}

describe('a form', () => {
  it('has fields and files, which alone have file names', () => {
    const body = form(
      part('Content-Disposition: form-data; name="note"', 'hello'),
      part('content-disposition: form-data; name="file"; filename="a.csv"\r\nContent-Type: text/csv', 'phone\r\n1'),
    )
    const parts = formParts(body, TYPE).map(({ name, filename, content }) => [name, filename, content.toString()])
    expect(parts).toEqual([
      ['note', undefined, 'hello'],
      ['file', 'a.csv', 'phone\r\n1'],
    ])
  })

  it('keeps every byte, also those that look like a boundary', () => {
    const content = Buffer.from([0, 255, 13, 10, 45, 45, 13, 10, 45, 45, 97])
    const body = Buffer.concat([
      Buffer.from('--b\r\nContent-Disposition: form-data; name="f"; filename=""\r\n\r\n'),
      content,
      Buffer.from('\r\n--b--'),
    ])
    expect(formParts(body, TYPE)).toMatchObject([{ name: 'f', filename: '', content }])
  })

  it('may have an empty file, a preamble and a quoted boundary', () => {
    const body = Buffer.from(
      'ignored\r\n--a b\r\nContent-Disposition: form-data; name=f; filename=x\r\n\r\n\r\n--a b--',
    )
    const [file] = formParts(body, 'multipart/form-data; charset=utf-8; boundary="a b"')
    expect(file).toMatchObject({ name: 'f', filename: 'x' })
    expect(file?.content).toHaveLength(0)
  })

  it('may have names with quotes, as browsers and curl write them, and in any script', () => {
    const names = ['a%22b.csv', 'a\\"b.csv', 'контакты.csv'].map((name) => {
      const body = form(part(`Content-Disposition: form-data; name="f"; filename="${name}"`, ''))
      return formParts(body, TYPE)[0]?.filename
    })
    expect(names).toEqual(['a"b.csv', 'a"b.csv', 'контакты.csv'])
  })

  it('without parts is empty', () => {
    expect(formParts(form(), TYPE)).toEqual([])
  })
})

describe('what is no form', () => {
  const good = form(part('Content-Disposition: form-data; name="f"', 'x'))
  it.each([
    ['no boundary in the type', good, 'multipart/form-data'],
    ['another boundary', good, 'multipart/form-data; boundary=c'],
    ['a missing end', good.subarray(0, -6), TYPE],
    ['no headers', Buffer.from('--b\r\nx\r\n--b--'), TYPE],
    ['no name', form(part('Content-Disposition: form-data', 'x')), TYPE],
    ['nothing', Buffer.alloc(0), TYPE],
  ])('is refused: %s', (_why, body, type) => {
    expect(() => formParts(body, type)).toThrow(expect.objectContaining({ code: 'invalid_request' }) as Error)
  })
})

describe('a hostile form', () => {
  it.each([
    [
      'a file name of megabytes',
      TYPE,
      form(part(`content-disposition: form-data; name="f"; filename="${'a'.repeat(9e6)}"`, '1')),
    ],
    [
      'megabytes of space in its headers',
      TYPE,
      form(part(`content-disposition: form-data; name="f"${' '.repeat(9e6)}`, '1')),
    ],
    ['a boundary of thousands of characters', `multipart/form-data; boundary=${'b'.repeat(6000)}`, form()],
  ])('with %s is refused in no time', (_what, type, body) => {
    expect(() => formParts(body, type)).toThrow(/is (not well-formed|longer)/)
  })
})
