/** Values, headers and bodies that nobody sends by accident. */

export const FOR_TEXTS: [string, ...string[]] = [
  ' ',
  '   ',
  'a\u0000b',
  'a\ud800',
  'line\r\nbreak',
  '\u202eabc\ufeff',
  '../../etc/passwd',
  "' OR 1=1; --",
  '<script>alert(1)</script>',
  '\u{1f468}\u200d\u{1f469}'.repeat(40),
  'e' + '\u0301'.repeat(500),
  'x'.repeat(3_000),
  '{{1}}{{2}}{{',
  '-1',
  '1e3',
  '0x10',
  '99999999999999999999',
  'null',
  'undefined',
  '[object Object]',
  '%00',
  '%',
  '+',
  'a,b,,c,',
  'ffffffff-ffff-ffff-ffff-ffffffffffff',
  '__proto__',
  'constructor',
]

const DEEP = Array.from({ length: 40 }).reduce<unknown>((inside) => [inside], 'x')

export const FOR_BODIES: [unknown, ...unknown[]] = [
  ...FOR_TEXTS,
  '',
  null,
  0,
  -1.5,
  1e308,
  2 ** 60,
  true,
  false,
  [],
  [[[]], null],
  {},
  JSON.parse('{"__proto__":{"x":1},"constructor":1,"toString":null,"":0,"$where":"1"}'),
  { length: 1e9 },
  DEEP,
  Array.from({ length: 300 }, (_, index) => `tag ${index}`),
]

/** JSON that is none, and JSON that says things twice. */
export const RAW_BODIES: [string, ...string[]] = [
  '',
  '{',
  'null',
  '{}{}',
  'NaN',
  '\ufeff{}',
  '['.repeat(5_000),
  '{"name":"a","name":{"b":1},"workspace_id":1}',
  '{"name":1e999999}',
  `{"settings":{"x":${'['.repeat(500)}${']'.repeat(500)}}}`,
]

export const HEADERS: [Record<string, string>, ...Record<string, string>[]] = [
  { 'x-request-id': 'trace-7' },
  { 'x-request-id': '<script>' },
  { 'x-request-id': 'a'.repeat(300) },
  { origin: 'https://evil.example' },
  { accept: 'text/xml' },
  { 'accept-language': 'xx' },
  { 'content-type': 'text/plain' },
  { 'content-type': 'application/json; charset=utf-7' },
  { 'content-type': 'multipart/form-data' },
  { 'idempotency-key': 'a' },
  { cookie: 'herald_refresh=nothing' },
  { 'if-none-match': '*' },
  { 'x-hub-signature-256': 'sha256=00' },
  { 'x-forwarded-for': '203.0.113.7, 2001:db8::1' },
  { 'x-http-method-override': 'DELETE' },
]
