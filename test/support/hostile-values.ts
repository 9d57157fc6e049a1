/** What nobody sends by accident: values, bodies, queries and headers. None of them may be more than a mistake of the client's. */
import { randomBytes } from 'node:crypto'

/** Values for any field: none of them may be more than a mistake of the client's. */
export const HOSTILE: [string, unknown][] = [
  ['null', null],
  ['zero', 0],
  ['a fraction', -1.5],
  ['a huge number', 1e308],
  ['a number beyond integers', 2 ** 60],
  ['true', true],
  ['no text', ''],
  ['spaces', '   '],
  ['a null byte', 'a\u0000b'],
  ['a null byte alone', '\u0000'],
  ['half a character', 'a\ud800'],
  ['the other half', '\udc00b'],
  ['line ends', 'a\r\nX-Evil: 1'],
  ['signs that turn text around', '\u202eabc\u2066\ufeff'],
  ['a path', '../../../etc/passwd'],
  ['SQL', "' OR 1=1; DROP TABLE c --"],
  ['markup', '<script>alert(1)</script>{{constructor}}'],
  ['characters beyond the first plane', '\u{1f468}\u200d\u{1f469}'.repeat(500)],
  ['combining marks', 'e' + '\u0301'.repeat(5_000)],
  ['much text', 'x'.repeat(100_000)],
  ['many braces', '{{'.repeat(15_000)],
  ['a number as text', '12'],
  ['an uuid of nothing', 'ffffffff-ffff-ffff-ffff-ffffffffffff'],
  ['no list', []],
  ['a list of lists', [[[]], null]],
  ['a list of nulls', [null, null]],
  ['a long list of numbers', Array.from({ length: 5_000 }, () => 0)],
  ['a long list of texts', Array.from({ length: 2_000 }, (_, index) => `tag ${index}`)],
  ['no object', {}],
  ['an object with odd keys', JSON.parse('{"__proto__":{"x":1},"constructor":1,"toString":null,"":0,"$where":"1"}')],
  ['an object of many keys', manyKeys(2_000)],
  ['a deep list', nested(60)],
  ['an object named length', { length: 1e9 }],
]

function manyKeys(count: number): Record<string, number> {
  return Object.fromEntries(Array.from({ length: count }, (_, index) => [`k${index}`, index]))
}

function nested(levels: number): unknown {
  return Array.from({ length: levels }).reduce<unknown>((inside) => [inside], 'x')
}

/** Those of them that are texts. */
export const TEXTS = HOSTILE.flatMap(([what, value]): [string, string][] =>
  typeof value === 'string' ? [[what, value]] : [],
)
/** Instead of a body. */
export const RAW: [string, string | Uint8Array][] = [
  ['nothing', ''],
  ['spaces', ' \n '],
  ['half an object', '{"name":'],
  ['two objects', '{}{}'],
  ['NaN', 'NaN'],
  ['a comment', '/* */{}'],
  ['single quotes', "{'a':1}"],
  ['a form', 'name=x&workspace_id=y'],
  ['bytes that are no UTF-8', Buffer.from('7b226e616d65223a22fffe80227d', 'hex')],
  ['UTF-16', Buffer.from('{"name":"x"}', 'utf16le')],
  ['a byte order mark', '\ufeff{}'],
  ['null bytes', Buffer.alloc(1000)],
  ['noise', randomBytes(10_000)],
  ['100,000 open brackets', '['.repeat(100_000)],
  ['100,000 nested objects', '{"settings":'.repeat(80_000)],
  ['a deep list that is closed', `{"settings":{"x":${'['.repeat(20_000)}${']'.repeat(20_000)}}}`],
  ['components in components', `{"components":`.repeat(60_000) + '[]' + '}'.repeat(60_000)],
  ['40,000 numbers', `{"tags":[0${',0'.repeat(39_999)}]}`],
  ['an object of 40,000 keys', JSON.stringify({ settings: manyKeys(40_000) })],
  ['500,000 numbers', `{"tags":[0${',0'.repeat(450_000)}]}`],
  ['one byte too many', ' '.repeat(1024 * 1024 + 1)],
  ['the same key twice', '{"name":"a","name":{"b":1},"workspace_id":1,"workspace_id":"x"}'],
  ['a number that is none', '{"name":1e999999}'],
]

const CURSORS = ['null', '{}', '[]', '{"created_at":[],"id":1}', '{"at":"","id":"","offset":-1,"total":1,"reach":"x"}']
/** For fields of a query, beside the texts. */
export const ODD_QUERIES = [
  ...['-1', '0', '101', '1e3', '0x10', '9'.repeat(20), ','.repeat(5000), manyTags()],
  ...CURSORS.map((cursor) => Buffer.from(cursor).toString('base64url')),
]

function manyTags(): string {
  return Array.from({ length: 3000 }, (_, index) => `t${index}`).join(',')
}

const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString('base64url')
export const HEADERS: Record<string, string>[] = [
  { authorization: '' },
  { authorization: 'Bearer' },
  { authorization: 'Bearer ' + 'a'.repeat(50_000) },
  { authorization: 'Bearer ..' },
  { authorization: 'Bearer a.b.c' },
  { authorization: `Bearer ${part({ alg: 'none', typ: 'at+jwt', kid: 'test' })}.${part({ sub: 'x' })}.` },
  { authorization: `Bearer ${part({ alg: 'HS256', typ: 'at+jwt', kid: 'other' })}.${part({ sub: 'x' })}.AAAA` },
  { authorization: `Bearer ${part({ alg: 'HS256', typ: 'at+jwt', kid: {}, crit: ['x'] })}.${part([])}.AAAA` },
  { authorization: `Bearer ${part('x')}.${part(null)}.${part(1)}` },
  { authorization: 'Basic dXNlcjpwYXNz' },
  { 'x-api-key': '' },
  { 'x-api-key': 'x'.repeat(10_000) },
  { 'x-api-key': 'ffffffff-ffff-ffff-ffff-ffffffffffff' },
  { 'content-type': 'x'.repeat(10_000) },
  { 'content-type': 'application/json, application/json' },
  { 'content-type': 'application/json; charset=utf-7' },
  { 'content-type': 'multipart/form-data' },
  { 'content-type': 'multipart/form-data; boundary=' + '-'.repeat(5_000) },
  { 'content-length': 'abc' },
  { 'content-length': '-1' },
  { 'content-length': '99999999999' },
  { 'x-request-id': 'a'.repeat(10_000) },
  { 'x-request-id': '<script>' },
  { 'x-hub-signature-256': 'sha256=' },
  { 'x-hub-signature-256': `sha256=${'0'.repeat(64)}` },
  { origin: 'null' },
]
