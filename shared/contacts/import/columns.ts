/** Which columns of a file hold phone number, name and tags: told by their headers in any order, case and common language. */
import { foldName } from '../fold.ts'
import { parsePhone } from '../phone.ts'
import { attributeColumns, type AttributeColumn } from './attribute-columns.ts'
import { refusal } from './refusal.ts'

/** What becomes of columns that are none of these. */
export type OtherColumns = 'ignore' | 'attributes'

export interface Columns {
  /** The first of these that has a digit counts: the likeliest to have WhatsApp comes first. */
  phones: number[]
  /** Those of them whose numbers begin with the country code and have no plus. */
  waIds: number[]
  /** Joined by a space: one full name, or first and last name. */
  names: number[]
  tags: number[]
  attributes: AttributeColumn[]
}

const PHONE = [
  ...['whatsapp', 'whatsappnumber', 'whatsappphone', 'whatsappno', 'whatsappnr'],
  ...[
    'mobile',
    'mobilephone',
    'mobilephonenumber',
    'mobilenumber',
    'mobileno',
    'mobil',
    'mobilnummer',
    'mobiltelefon',
    'handy',
    'handynummer',
  ],
  ...[
    'cell',
    'cellphone',
    'cellphonenumber',
    'cellular',
    'celular',
    'movil',
    'telefonomovil',
    'portable',
    'cellulare',
    'gsm',
    'telemovel',
  ],
  ...[
    '手机',
    '手机号',
    '手机号码',
    '手機',
    '携帯',
    '携帯電話',
    '携帯番号',
    '휴대폰',
    '휴대전화',
    'جوال',
    'موبايل',
    'मोबाइल',
    'κινητο',
    'мобильный',
  ],
  ...['phone', 'phonenumber', 'phoneno', 'primaryphone', 'phone1', 'phone1value', 'contactphone', 'msisdn'],
  ...[
    'tel',
    'telephone',
    'telephonenumber',
    'telefon',
    'telefonnummer',
    'telefono',
    'telefone',
    'telefoon',
    'rufnummer',
  ],
  ...['numerodetelefono', 'numerodetelephone', 'telefoonnummer', 'puhelin', 'puhelinnumero'],
  ...[
    '电话',
    '电话号码',
    '電話',
    '電話番号',
    '電話號碼',
    '전화',
    '전화번호',
    'телефон',
    'номертелефона',
    'هاتف',
    'رقمالهاتف',
  ],
  ...['טלפון', 'फोन', 'फोननंबर', 'τηλεφωνο', 'phone2value', 'businessphone', 'homephone', 'waid'],
].map(folded)
/** Of phone numbers only in a file that has none of the above: beside one, they are numbers of customers or orders. */
const ANY_NUMBER = ['contactnumber', 'contactno', 'number', 'numero', 'nummer'].map(folded)
const WA_ID = ['waid'].map(folded)
const NAME = [
  ...[
    'name',
    'fullname',
    'contactname',
    'displayname',
    'customername',
    'contact',
    'kontakt',
    'nombre',
    'nombrecompleto',
  ],
  ...[
    'nom',
    'nomcomplet',
    'nome',
    'nomecompleto',
    'naam',
    'имя',
    'фио',
    '姓名',
    '名前',
    '氏名',
    '이름',
    'اسم',
    'الاسم',
    'שם',
    'नाम',
    'ονομα',
  ],
].map(folded)
const FIRST_NAME = [
  ...['firstname', 'fname', 'givenname', 'forename', 'vorname', 'prenom', 'primernombre', 'voornaam'],
].map(folded)
const LAST_NAME = [
  ...['lastname', 'lname', 'surname', 'familyname', 'nachname', 'familienname', 'apellido', 'apellidos', 'cognome'],
  ...['sobrenome', 'nomdefamille', 'achternaam', 'фамилия'],
].map(folded)
const TAGS = [
  ...['tags', 'tag', 'labels', 'label', 'groups', 'group', 'groupmembership', 'segments', 'segment', 'categories'],
  ...[
    'etiquetas',
    'etiqueta',
    'etiketten',
    'etiquettes',
    'gruppen',
    'gruppe',
    'schlagworte',
    'marcadores',
    '标签',
    'ラベル',
    'タグ',
  ],
].map(folded)

export function columnsOf(header: readonly string[]): Omit<Columns, 'attributes'> {
  const headers = header.map(folded)
  const byRank = (names: readonly string[]): number[] =>
    names.flatMap((name) => headers.flatMap((text, index) => (text === name ? [index] : [])))
  const [name] = byRank(NAME)
  const [first] = byRank(FIRST_NAME)
  const [last] = byRank(LAST_NAME)
  const clear = byRank(PHONE)
  return {
    // Of columns for any number the first only: the next one need not be of phone numbers too.
    phones: clear.length > 0 ? clear : byRank(ANY_NUMBER).slice(0, 1),
    waIds: byRank(WA_ID),
    names: nameColumns(name, first, last),
    tags: byRank(TAGS),
  }
}

/** As `columnsOf`; refuses a header without a phone column and says what it has instead. */
export function requiredColumns(header: readonly string[], others: OtherColumns): Columns {
  const columns = columnsOf(header)
  if (columns.phones.length > 0) {
    const used = new Set([...columns.phones, ...columns.names, ...columns.tags])
    return { ...columns, attributes: others === 'ignore' ? [] : attributeColumns(header, used) }
  }
  if (header.some((cell) => /\d{5}/.test(cell) && parsePhone(cell, 'US').ok)) {
    throw refusal(
      'The first row is a contact already: add a row above it that names the columns, for example phone, name, tags',
    )
  }
  const shown = header
    .map((cell) => cell.trim().slice(0, 40))
    .filter((cell) => cell !== '')
    .slice(0, 10)
  throw refusal(
    `There is no column with phone numbers: name one of them "phone". The file has: ${shown.join(', ')}. If its columns are named in a lower row, remove the rows above`,
  )
}

/** "Name" beside a first name and no last name is the last name, as in many European files. */
function nameColumns(name: number | undefined, first: number | undefined, last: number | undefined): number[] {
  if (first === undefined) return isColumn(name ?? last)
  if (last === undefined) return [first, ...isColumn(name)]
  return name === undefined ? [first, last] : [name]
}

function isColumn(index: number | undefined): number[] {
  return index === undefined ? [] : [index]
}

/** Letters and digits of any script; a long text is no header. */
function folded(header: string): string {
  return foldName(header.slice(0, 60)).replace(/[^\p{L}\p{N}\p{M}]+/gu, '')
}
