/** The same four contacts in every dialect that programs write: `node test/support/import-files/make.ts` makes files of them. */
import { BOOK_FILES } from './workbook-files.ts'
import { TABLE } from './four-contacts.ts'

interface Written {
  delimiter?: string
  lineEnd?: string
  quoteAll?: boolean
  table?: readonly (readonly string[])[]
}

function csv({ delimiter = ',', lineEnd = '\n', quoteAll = false, table = TABLE }: Written = {}): string {
  const cell = (text: string): string =>
    quoteAll || text.includes(delimiter) || /["\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text
  return table.map((row) => row.map(cell).join(delimiter)).join(lineEnd)
}

const [HEADER, ...ROWS] = TABLE
const text = csv()

function withHeader(...header: string[]): string {
  return csv({ table: [header, ...ROWS] })
}

/** Each row as `make` writes it, below a header of its own. */
function export_(header: string[], make: (row: Row) => string[], written: Written = {}): string {
  return csv({ ...written, table: [header, ...PEOPLE.map(make)] })
}

interface Row {
  phone: string
  name: string
  first: string
  last: string
  tags: string[]
}
const PEOPLE: Row[] = [
  { first: 'Anna', last: 'Müller' },
  { first: 'José "Pepe"', last: 'García, jr.' },
  { first: 'Zoë', last: '€' },
  { first: '', last: '' },
].map((names, index) => {
  const [phone = '', name = '', tags = ''] = ROWS[index] ?? []
  return { ...names, phone, name, tags: tags.split(/[;,]/) }
})

/** The numbers written by `write`. */
function numbers(write: (phone: string) => string): string {
  return csv({ table: [HEADER ?? [], ...ROWS.map(([phone = '', ...rest]) => [write(phone), ...rest])] })
}

const groups = (phone: string): string => phone.replace(/(\d{3})(?=(?:\d{3})+$)/g, '$1 ')
const utf16le = (content: string): Buffer => Buffer.from(content, 'utf16le')
const utf16be = (content: string): Buffer => Buffer.from(content, 'utf16le').swap16()
const windows1252 = (content: string): Buffer => Buffer.from(content.replaceAll('€', '\x80'), 'latin1')
const MARK = '\uFEFF'

const TEXT_FILES: Record<string, string | Buffer> = {
  'commas-lf.csv': text,
  'commas-crlf.csv': csv({ lineEnd: '\r\n' }),
  'commas-cr.csv': csv({ lineEnd: '\r' }),
  'semicolons.csv': csv({ delimiter: ';', lineEnd: '\r\n' }),
  'tabs.tsv': csv({ delimiter: '\t' }),
  'tabs-crlf.txt': csv({ delimiter: '\t', lineEnd: '\r\n' }),
  'quoted-commas.csv': csv({ lineEnd: '\r\n', quoteAll: true }),
  'quoted-semicolons.csv': csv({ delimiter: ';', quoteAll: true }),
  'quoted-tabs.tsv': csv({ delimiter: '\t', quoteAll: true }),
  'line-end-at-the-end.csv': `${text}\n`,
  'line-ends-at-the-end.csv': `${text}\r\n\r\n\r\n`,
  'mixed-line-ends.csv': text.replace('\n', '\r\n').replace(/\n(?=\+33)/, '\r'),
  'utf8-mark.csv': `${MARK}${text}`,
  'utf8-mark-quoted-header.csv': `${MARK}${csv({ quoteAll: true })}`,
  'utf8-mark-semicolons.csv': `${MARK}${csv({ delimiter: ';', lineEnd: '\r\n' })}`,
  'utf16le-mark-tabs.txt': utf16le(`${MARK}${csv({ delimiter: '\t', lineEnd: '\r\n' })}`),
  'utf16le-mark-commas.csv': utf16le(`${MARK}${text}`),
  'utf16be-mark-commas.csv': utf16be(`${MARK}${text}`),
  'utf16be-mark-semicolons.csv': utf16be(`${MARK}${csv({ delimiter: ';' })}`),
  'utf16le-no-mark.csv': utf16le(text),
  'utf16be-no-mark.csv': utf16be(text),
  'windows1252-semicolons.csv': windows1252(csv({ delimiter: ';', lineEnd: '\r\n' })),
  'windows1252-commas.csv': windows1252(text),
  'windows1252-tabs.txt': windows1252(csv({ delimiter: '\t', lineEnd: '\r\n' })),
  'sep-semicolon.csv': `sep=;\r\n${csv({ delimiter: ';', lineEnd: '\r\n' })}`,
  'sep-comma.csv': `sep=,\r\n${csv({ lineEnd: '\r\n' })}`,
  'sep-tab.csv': `${MARK}SEP=\t\r\n${csv({ delimiter: '\t', lineEnd: '\r\n' })}`,
  'other-order.csv': csv({ table: TABLE.map(([phone = '', name = '', tags = '']) => [tags, name, phone]) }),
  'capitals.csv': withHeader('PHONE', 'NAME', 'TAGS'),
  'spaces-and-underscores.csv': withHeader(' Phone_Number ', ' Full Name ', ' Labels '),
  'whatsapp-column.csv': withHeader('WhatsApp', 'Contact', 'Groups'),
  'mobile-column.csv': withHeader('mobile', 'contact_name', 'segment'),
  'msisdn-column.csv': withHeader('MSISDN', 'Customer Name', 'Categories'),
  'german.csv': withHeader('Handynummer', 'Name', 'Etiketten'),
  'spanish.csv': withHeader('Teléfono móvil', 'Nombre completo', 'Etiquetas'),
  'french.csv': withHeader('Numéro de téléphone', 'Nom complet', 'Étiquettes'),
  'portuguese.csv': withHeader('Celular', 'Nome completo', 'Marcadores'),
  'italian.csv': withHeader('Cellulare', 'Nome', 'Tag'),
  'dutch.csv': withHeader('Telefoonnummer', 'Naam', 'Labels'),
  'russian.csv': withHeader('Номер телефона', 'ФИО', 'Tags'),
  'chinese.csv': withHeader('手机号', '姓名', '标签'),
  'japanese.csv': withHeader('携帯電話', '氏名', 'タグ'),
  'korean.csv': withHeader('휴대폰', '이름', 'tags'),
  'arabic.csv': withHeader('رقم الهاتف', 'الاسم', 'tags'),
  'hebrew.csv': withHeader('טלפון', 'שם', 'tags'),
  'hindi.csv': withHeader('फोन नंबर', 'नाम', 'tags'),
  'greek.csv': withHeader('Τηλέφωνο', 'Όνομα', 'tags'),
  'first-and-last-name.csv': export_(['first_name', 'last_name', 'phone', 'tags'], (row) => [
    row.first,
    row.last,
    row.phone,
    row.tags.join(';'),
  ]),
  'vorname-and-name.csv': export_(
    ['Name', 'Vorname', 'Telefon', 'Gruppen'],
    (row) => [row.last, row.first, row.phone, row.tags.join(',')],
    { delimiter: ';' },
  ),
  'google-contacts.csv': export_(
    ['First Name', 'Middle Name', 'Last Name', 'Nickname', 'Labels', 'Phone 1 - Label', 'Phone 1 - Value'],
    (row) => [row.first, '', row.last, '', row.tags.join(' ::: '), 'Mobile', row.phone],
  ),
  'outlook.csv': export_(
    ['Title', 'First Name', 'Last Name', 'Company', 'Business Phone', 'Mobile Phone', 'E-mail Address', 'Categories'],
    (row) => ['', row.first, row.last, '', '', row.phone, 'a@example.com', row.tags.join(';')],
    { quoteAll: true, lineEnd: '\r\n' },
  ),
  'shop.csv': export_(
    ['Customer ID', 'First Name', 'Last Name', 'Email', 'Accepts Email Marketing', 'Phone', 'Total Spent', 'Tags'],
    (row) => ["'1", row.first, row.last, 'a@example.com', 'yes', row.phone, '0.00', row.tags.join(', ')],
  ),
  'newsletter.csv': export_(
    ['Email Address', 'First Name', 'Last Name', 'Phone Number', 'MEMBER_RATING', 'TAGS'],
    (row) => ['a@example.com', row.first, row.last, row.phone, '2', row.tags.join(',')],
  ),
  'unknown-columns.csv': csv({
    table: TABLE.map(([phone = '', name = '', tags = ''], row) =>
      row === 0 ? [phone, 'id', name, 'city', tags] : [phone, String(row), name, 'x', tags],
    ),
  }),
  'tags-in-two-columns.csv': csv({
    table: TABLE.map(([phone = '', name = '', tags = ''], row) => [phone, name, tags, row === 0 ? 'labels' : tags]),
  }),
  'two-phone-columns.csv': csv({
    table: TABLE.map(([phone = '', name = '', tags = ''], row) =>
      row === 0 ? ['phone', 'mobile', name, tags] : [row % 2 ? phone : '', row % 2 ? '' : phone, name, tags],
    ),
  }),
  'line-breaks-in-names.csv': csv({ table: TABLE.map((row) => row.map((cell) => cell.replace('a M', 'a\nM'))) }),
  'line-breaks-crlf.csv': csv({
    lineEnd: '\r\n',
    table: TABLE.map((row) => row.map((cell) => cell.replace('a M', 'a\r\nM'))),
  }),
  'delimiters-at-the-ends.csv': text.replaceAll(/$/gm, ',,'),
  'apostrophes.csv': numbers((phone) => `'${phone}`),
  'formulas-of-text.csv': numbers((phone) => `="${phone}"`),
  'spaces-around.csv': numbers((phone) => `  ${phone} `),
  'spaces-within.csv': numbers(groups),
  'no-break-spaces.csv': numbers((phone) => groups(phone).replaceAll(' ', '\u00a0')),
  'dashes.csv': numbers((phone) => groups(phone).replaceAll(' ', '-')),
  'brackets.csv': numbers((phone) => phone.replace(/^(\+\d\d?)(\d{3})/, '$1 ($2) ')),
  'double-zero.csv': numbers((phone) => phone.replace('+', '00')),
  'tel-links.csv': numbers((phone) => `tel:${phone}`),
  'marks-of-direction.csv': numbers((phone) => `\u202a${phone}\u202c`),
  'full-width-digits.csv': numbers((phone) =>
    phone.replaceAll(/\d/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0xfee0)),
  ),
  'arabic-digits.csv': numbers((phone) =>
    phone.replaceAll(/\d/g, (digit) => String.fromCharCode(digit.charCodeAt(0) + 0x0630)),
  ),
}

export function dialectFiles(): Map<string, Buffer> {
  const texts = Object.entries(TEXT_FILES).map(([name, content]): [string, Buffer] => [name, Buffer.from(content)])
  const books = Object.entries(BOOK_FILES).map(([name, make]): [string, Buffer] => [name, make()])
  return new Map([...texts, ...books])
}
