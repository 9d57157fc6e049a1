/** Workbooks put together by hand, so that they can be what no program writes. */
import { crc32, deflateRawSync } from 'node:zlib'

export interface ZipEntry {
  name: string
  content: Buffer
  /** What the archive claims, where that differs. */
  claimedBytes?: number
}

export function zip(entries: ZipEntry[]): Buffer {
  const locals: Buffer[] = []
  const centrals: Buffer[] = []
  let offset = 0
  for (const { name, content, claimedBytes = content.length } of entries) {
    const packed = deflateRawSync(content, { level: 9 })
    const fields = Buffer.alloc(26)
    fields.writeUInt16LE(20, 0)
    fields.writeUInt16LE(8, 4)
    fields.writeUInt32LE(crc32(content), 10)
    fields.writeUInt32LE(packed.length, 14)
    fields.writeUInt32LE(claimedBytes, 18)
    fields.writeUInt16LE(name.length, 22)
    const local = Buffer.concat([Buffer.from('PK\x03\x04', 'latin1'), fields, Buffer.from(name), packed])
    const central = Buffer.alloc(46)
    central.write('PK\x01\x02', 0, 'latin1')
    fields.copy(central, 6)
    central.writeUInt32LE(offset, 42)
    locals.push(local)
    centrals.push(central, Buffer.from(name))
    offset += local.length
  }
  const directory = Buffer.concat(centrals)
  const end = Buffer.alloc(22)
  end.write('PK\x05\x06', 0, 'latin1')
  end.writeUInt16LE(entries.length, 8)
  end.writeUInt16LE(entries.length, 10)
  end.writeUInt32LE(directory.length, 12)
  end.writeUInt32LE(offset, 16)
  return Buffer.concat([...locals, directory, end])
}

/** An .xlsx with this XML as its only sheet. */
export function xlsxWith(sheet: Buffer, others: ZipEntry[] = []): Buffer {
  const xml = (text: string): Buffer => Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>${text}`)
  const type = 'http://schemas.openxmlformats.org'
  return zip([
    {
      name: '[Content_Types].xml',
      content: xml(
        `<Types xmlns="${type}/package/2006/content-types"><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>`,
      ),
    },
    {
      name: '_rels/.rels',
      content: xml(
        `<Relationships xmlns="${type}/package/2006/relationships"><Relationship Id="r1" Type="${type}/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>`,
      ),
    },
    {
      name: 'xl/workbook.xml',
      content: xml(
        `<workbook xmlns="${type}/spreadsheetml/2006/main" xmlns:r="${type}/officeDocument/2006/relationships"><sheets><sheet name="S" sheetId="1" r:id="r1"/></sheets></workbook>`,
      ),
    },
    {
      name: 'xl/_rels/workbook.xml.rels',
      content: xml(
        `<Relationships xmlns="${type}/package/2006/relationships"><Relationship Id="r1" Type="${type}/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>`,
      ),
    },
    { name: 'xl/worksheets/sheet1.xml', content: sheet },
    ...others,
  ])
}

/** An .ods with these rows in its only sheet. */
export function odsWith(rows: string): Buffer {
  const space = 'urn:oasis:names:tc:opendocument:xmlns'
  const spaces = ['office', 'table', 'text'].map((name) => `xmlns:${name}="${space}:${name}:1.0"`).join(' ')
  const sheet = `<office:body><office:spreadsheet><table:table table:name="S">${rows}</table:table></office:spreadsheet></office:body>`
  return zip([
    { name: 'mimetype', content: Buffer.from('application/vnd.oasis.opendocument.spreadsheet') },
    {
      name: 'META-INF/manifest.xml',
      content: Buffer.from(`<manifest:manifest xmlns:manifest="${space}:manifest:1.0"/>`),
    },
    { name: 'styles.xml', content: Buffer.from(`<office:document-styles ${spaces}/>`) },
    {
      name: 'content.xml',
      content: Buffer.from(
        `<office:document-content ${spaces} office:version="1.2">${sheet}</office:document-content>`,
      ),
    },
  ])
}

export function sheetXml(rows: string, dimension = 'A1'): Buffer {
  const space = 'http://schemas.openxmlformats.org/spreadsheetml/2006/main'
  return Buffer.from(
    `<worksheet xmlns="${space}"><dimension ref="${dimension}"/><sheetData>${rows}</sheetData></worksheet>`,
  )
}

export const inline = (ref: string, text: string): string => `<c r="${ref}" t="inlineStr"><is><t>${text}</t></is></c>`
