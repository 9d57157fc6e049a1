/** Files whose bytes are not all of one encoding, or say late which: `node test/support/import-files/make.ts` writes the small ones. */
import { smallFiles } from './small-files.ts'

interface EncodingFile {
  make: () => Buffer
  /** Names by row number; null where the row fails because of its bytes. Absent: the file is refused. */
  names?: Record<number, string | null>
}

const utf8 = (text: string): Buffer => Buffer.from(text)
const windows1252 = (text: string): Buffer => Buffer.from(text.replaceAll('€', '\x80'), 'latin1')
const hex = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex')

const HEADER = utf8('phone,name,tags')

/** One row for each name, with numbers from +12025550102. */
function rows(...names: Buffer[]): Buffer {
  const lines = names.map((name, index) => Buffer.concat([utf8(`\n+12025550${102 + index},`), name, utf8(',vip')]))
  return Buffer.concat([HEADER, ...lines])
}

/** Rows 2 to 201 are 2 MB of ASCII. */
const PADDING = utf8(`nobody,${'x'.repeat(10_000)}\n`.repeat(200))

function afterPadding(names: Buffer[]): Buffer {
  return Buffer.concat([HEADER, utf8('\n'), PADDING, rows(...names).subarray(HEADER.length + 1)])
}

const WESTERN = ['Anna Müller', 'José García', 'Zoë €', 'Åse Öberg']
const westernBytes = WESTERN.map(windows1252)
const utf8Bytes = WESTERN.map(utf8)
const byRow = (names: readonly (string | null)[], first = 2): Record<number, string | null> =>
  Object.fromEntries(names.map((name, index) => [first + index, name]))

export const ENCODINGS: Record<string, EncodingFile> = {
  'utf8-with-a-bad-byte.csv': { make: () => rows(...utf8Bytes, windows1252('Noël')), names: byRow([...WESTERN, null]) },
  'utf8-with-bad-bytes-first.csv': {
    make: () => rows(windows1252('Noël'), windows1252('Zoé'), ...utf8Bytes),
    names: byRow([null, null, ...WESTERN]),
  },
  'utf8-mark-and-bad-bytes.csv': {
    make: () => Buffer.concat([utf8('\uFEFF'), rows(...westernBytes, utf8('Eva'))]),
    names: byRow([null, null, null, null, 'Eva']),
  },
  'utf8-and-windows1252-halves.csv': {
    make: () => rows(...utf8Bytes, ...westernBytes),
    names: byRow([...WESTERN, null, null, null, null]),
  },
  'utf8-cut-off.csv': {
    make: () => Buffer.concat([rows(...utf8Bytes), utf8('\n+12025550199,'), hex('c3')]),
    names: byRow([...WESTERN, null]),
  },
  'utf8-with-a-lost-letter.csv': {
    make: () => rows(utf8('M\uFFFDller'), ...utf8Bytes),
    names: byRow(['M\uFFFDller', ...WESTERN]),
  },
  'utf8-cyrillic-and-a-bad-byte.csv': {
    make: () => rows(utf8('Иван'), windows1252('Noël'), utf8('王小明'), utf8('🌸')),
    names: byRow(['Иван', null, '王小明', '🌸']),
  },
  'utf8-bad-byte-late.csv': {
    make: () => afterPadding([...utf8Bytes, windows1252('Noël')]),
    names: byRow([...WESTERN, null], 202),
  },
  'windows1252-late.csv': { make: () => afterPadding(westernBytes), names: byRow(WESTERN, 202) },
  'windows1252-with-a-utf8-row.csv': {
    make: () => rows(...westernBytes, utf8('Noël'), utf8('Eva')),
    names: byRow([...WESTERN, null, 'Eva']),
  },
  'windows1252-with-a-bad-byte.csv': {
    make: () => rows(...westernBytes, hex('4e 6f 81 6c'), windows1252('Noël')),
    names: byRow([...WESTERN, null, 'Noël']),
  },
  'windows1252-by-chance-utf8.csv': {
    make: () => rows(...westernBytes, windows1252('«CAFÉ»')),
    names: byRow([...WESTERN, '«CAFÉ»']),
  },
  'windows1252-all-at-once.csv': {
    make: () => rows(windows1252('äöüÄÖÜß')),
    names: byRow(['äöüÄÖÜß']),
  },
  'utf16-with-half-a-character.csv': {
    make: () => Buffer.from('\uFEFFphone,name,tags\n+12025550102,Zoë,\n+12025550103,\ud83c,\n', 'utf16le'),
    names: byRow(['Zoë', null]),
  },
  // Иван Петров, Анна Смирнова
  'windows1251.csv': {
    make: () => rows(hex('c8 e2 e0 ed 20 cf e5 f2 f0 ee e2'), hex('c0 ed ed e0 20 d1 ec e8 f0 ed ee e2 e0')),
  },
  // 王小明, 李娜, 张伟, 陈静
  'gb18030.csv': {
    make: () => rows(hex('cd f5 d0 a1 c3 f7'), hex('c0 ee c4 c8'), hex('d5 c5 ce b0'), hex('b3 c2 be b2')),
  },
  // 山田太郎, 佐藤花子, 鈴木一郎, 高橋
  'shift-jis.csv': {
    make: () =>
      rows(
        hex('8e 52 93 63 91 be 98 59'),
        hex('8d b2 93 a1 89 d4 8e 71'),
        hex('97 e9 96 d8 88 ea 98 59'),
        hex('8d 82 8b b4'),
      ),
  },
}

export function encodingFiles(): Map<string, Buffer> {
  return smallFiles(ENCODINGS)
}
