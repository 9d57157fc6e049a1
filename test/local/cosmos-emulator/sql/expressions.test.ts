/** What expressions yield: one document, one expression, one expected value; `undefined` means no result at all. */
import type { Container } from '@azure/cosmos'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { all, startWorld } from '../world.ts'
import type { World } from '../world.ts'

let world: World
let container: Container
beforeAll(async () => {
  world = await startWorld()
  container = await world.aContainer()
  await container.items.create({
    id: 'd',
    pk: 'p',
    one: 1,
    half: 0.5,
    neg: -7,
    yes: true,
    no: false,
    nil: null,
    text: 'Grüße, Welt',
    empty: '',
    list: [1, 'two', null, { k: 'v', n: 1 }, [5]],
    map: { a: 1, b: { c: 'deep' }, 'odd name': 3 },
    map2: { b: { c: 'deep' }, 'odd name': 3, a: 1 },
  })
})
afterAll(() => world.close())

type Case = [expression: string, expected: unknown]

function check(cases: Case[]): void {
  it.each(cases)('%s', async (expression, expected) => {
    const results = await all(container, `SELECT VALUE ${expression} FROM c`, { partitionKey: 'p' })
    expect(results).toEqual(expected === undefined ? [] : [expected])
  })
}

describe('paths', () => {
  check([
    ['c.map.b.c', 'deep'],
    ['c["map"]["b"]["c"]', 'deep'],
    ["c.map['odd name']", 3],
    ['c.list[1]', 'two'],
    ['c.list[3].k', 'v'],
    ['c.list[99]', undefined],
    ['c.list[-1]', undefined],
    ['c.missing', undefined],
    ['c.missing.further.down', undefined],
    ['c.one.further', undefined],
    ['c.nil.further', undefined],
    ['c.text.length', undefined],
    ['c.list.length', undefined],
    ['c.constructor', undefined],
    ['c.nil', null],
    ['c.map[c.list[3].k]', undefined],
    ['[c.one, c.missing, c.nil]', [1, null]],
    ['{"a": c.one, "b": c.missing, c: c.nil}', { a: 1, c: null }],
    ['{"__proto__": 1}', JSON.parse('{"__proto__": 1}')],
    ['c.list', [1, 'two', null, { k: 'v', n: 1 }, [5]]],
  ])
})

describe('equality', () => {
  check([
    ['c.one = 1', true],
    ['c.one = 1.0', true],
    ['c.one = "1"', false],
    ['c.one != "1"', true],
    ['c.nil = null', true],
    ['c.one = null', false],
    ['c.one != null', true],
    ['c.nil != null', false],
    ['c.missing = null', undefined],
    ['c.missing != null', undefined],
    ['c.missing = c.missing', undefined],
    ['undefined = undefined', undefined],
    ['c.no = 0', false],
    ['c.empty = ""', true],
    ['c.map = c.map2', true],
    ['c.map != c.map2', false],
    ['c.list = [1, "two", null, {"n": 1, "k": "v"}, [5]]', true],
    ['c.list = [1]', false],
    ['c.text = "grüße, welt"', false],
    ['c.one <> 2', true],
  ])
})

describe('order', () => {
  check([
    ['c.one < 2', true],
    ['c.one >= 1', true],
    ['c.neg < c.half', true],
    ['c.one < "2"', undefined],
    ['c.one > null', undefined],
    ['c.missing < 1', undefined],
    ['1 < c.missing', undefined],
    ['"a" < "b"', true],
    ['"B" < "a"', true],
    ['"a" < "ä"', true],
    ['"\uffff" < "😀"', true],
    ['c.empty < "a"', true],
    ['false < true', true],
    ['null <= null', true],
    ['c.list < c.list', undefined],
    ['c.map >= c.map2', undefined],
    ['c.one BETWEEN 1 AND 1', true],
    ['c.one BETWEEN 2 AND 3', false],
    ['c.one NOT BETWEEN 2 AND 3', true],
    ['c.one BETWEEN 0 AND "x"', undefined],
    ['c.one BETWEEN 5 AND "x"', false],
    ['c.text BETWEEN "A" AND "Z"', true],
  ])
})

describe('logic', () => {
  check([
    ['true AND c.missing', undefined],
    ['false AND c.missing', false],
    ['c.missing AND false', false],
    ['true OR c.missing', true],
    ['c.missing OR true', true],
    ['false OR c.missing', undefined],
    ['NOT c.missing', undefined],
    ['NOT c.yes', false],
    ['NOT NOT c.yes', true],
    ['NOT c.one', undefined],
    ['NOT c.nil', undefined],
    ['c.one AND true', undefined],
    ['c.one AND false', false],
    ['true OR false AND false', true],
    ['(true OR false) AND false', false],
    ['NOT (c.one = 2)', true],
    ['NOT (c.missing = 2)', undefined],
    ['c.yes ? "y" : "n"', 'y'],
    ['c.missing ? "y" : "n"', 'n'],
    ['c.one ? "y" : "n"', 'n'],
    ['c.missing ?? c.one', 1],
    ['c.nil ?? c.one', null],
    ['c.missing ?? c.gone ?? "last"', 'last'],
    ['IIF(c.yes, 1, 2)', 1],
    ['IIF(c.missing, 1, 2)', 2],
  ])
})

describe('IN and LIKE', () => {
  check([
    ['c.one IN (3, 2, 1)', true],
    ['c.one IN ("1", true)', false],
    ['c.one NOT IN (2, 3)', true],
    ['c.nil IN (null)', true],
    ['c.missing IN (1)', undefined],
    ['c.missing NOT IN (1)', undefined],
    ['c.one IN (c.missing, 1)', true],
    ['c.map IN ({"a": 1}, c.map2)', true],
    ['c.text LIKE "Gr%"', true],
    ['c.text LIKE "gr%"', false],
    ['c.text LIKE "%Welt"', true],
    ['c.text LIKE "Gr__e, Welt"', true],
    ['c.text LIKE "Grüße"', false],
    ['c.text NOT LIKE "x%"', true],
    ['c.one LIKE "1"', undefined],
    ['"50%" LIKE "50!%" ESCAPE "!"', true],
    ['"50x" LIKE "50!%" ESCAPE "!"', false],
    ['"cat" LIKE "[bc]at"', true],
    ['"rat" LIKE "[^bc]at"', true],
    ['"bat" LIKE "[a-c]at"', true],
    ['"a.b" LIKE "a.b"', true],
    ['"axb" LIKE "a.b"', false],
    ['"a\\nb" LIKE "a%b"', true],
  ])
})

describe('arithmetic', () => {
  check([
    ['1 + 2 * 3', 7],
    ['(1 + 2) * 3', 9],
    ['c.neg % 4', -3],
    ['c.one / 4', 0.25],
    ['c.one / 0', undefined],
    ['c.one + "1"', undefined],
    ['c.one + c.missing', undefined],
    ['c.one + null', undefined],
    ['-c.one', -1],
    ['- - 1', 1],
    ['+"1"', undefined],
    ['5 & 3', 1],
    ['5 | 3', 7],
    ['5 ^ 3', 6],
    ['~5', -6],
    ['1 << 4', 16],
    ['-16 >> 2', -4],
    ['-1 >>> 28', 15],
    ['"a" || "b" || "c"', 'abc'],
    ['"a" || 1', undefined],
    ['0x1F', 31],
    ['1e3', 1000],
    ['.5', 0.5],
  ])
})

describe('type checks', () => {
  const checks: [name: string, holds: string[]][] = [
    ['IS_DEFINED', ['one', 'yes', 'nil', 'text', 'list', 'map']],
    ['IS_NULL', ['nil']],
    ['IS_BOOL', ['yes']],
    ['IS_NUMBER', ['one']],
    ['IS_INTEGER', ['one']],
    ['IS_STRING', ['text']],
    ['IS_ARRAY', ['list']],
    ['IS_OBJECT', ['map']],
    ['IS_PRIMITIVE', ['one', 'yes', 'nil', 'text']],
  ]
  const fields = ['one', 'yes', 'nil', 'text', 'list', 'map', 'missing']
  it.each(checks)('%s', async (name, holds) => {
    const list = fields.map((field) => `${name}(c.${field})`).join(', ')
    const [results] = await all<boolean[]>(container, `SELECT VALUE [${list}] FROM c`, { partitionKey: 'p' })
    expect(fields.filter((_, index) => results?.[index])).toEqual(holds)
    expect(results).toHaveLength(fields.length)
  })
})

describe('text functions', () => {
  check([
    ['CONTAINS(c.text, "Welt")', true],
    ['CONTAINS(c.text, "welt")', false],
    ['CONTAINS(c.text, "WELT", true)', true],
    ['CONTAINS(c.text, "GRÜSSE", true)', false],
    ['CONTAINS(c.text, "grüße", true)', true],
    ['CONTAINS(c.text, "")', true],
    ['CONTAINS(c.one, "1")', undefined],
    ['CONTAINS(c.missing, "1")', undefined],
    ['CONTAINS(c.text, null)', undefined],
    ['STARTSWITH(c.text, "Gr")', true],
    ['STARTSWITH(c.text, "gr")', false],
    ['STARTSWITH(c.text, "gr", true)', true],
    ['STARTSWITH(c.text, "gr", false)', false],
    ['ENDSWITH(c.text, "elt")', true],
    ['ENDSWITH(c.text, "ELT", true)', true],
    ['STRINGEQUALS("Abc", "aBC", true)', true],
    ['StringEquals("Abc", "aBC")', false],
    ['LOWER("ÄbC")', 'äbc'],
    ['UPPER("äß")', 'Äß'],
    ['LENGTH(c.text)', 11],
    ['LENGTH(c.one)', undefined],
    ['LEFT("abc", 2)', 'ab'],
    ['RIGHT("abc", 2)', 'bc'],
    ['RIGHT("abc", 9)', 'abc'],
    ['SUBSTRING("abcdef", 2, 3)', 'cde'],
    ['INDEX_OF("abcabc", "c")', 2],
    ['INDEX_OF("abcabc", "c", 3)', 5],
    ['INDEX_OF("abc", "x")', -1],
    ['CONCAT("a", "b", "c")', 'abc'],
    ['CONCAT("a", 1)', undefined],
    ['REPLACE("a$b$", "$", "$&")', 'a$&b$&'],
    ['REPLICATE("ab", 3)', 'ababab'],
    ['REVERSE("abc")', 'cba'],
    ['TRIM("  x ")', 'x'],
    ['LTRIM(" x ")', 'x '],
    ['RTRIM(" x ")', ' x'],
    ['StringToNumber(" 1.5 ")', 1.5],
    ['StringToNumber("1.5x")', undefined],
    ['StringToBoolean("true")', true],
  ])
})

describe('number and array functions', () => {
  check([
    ['ABS(c.neg)', 7],
    ['CEILING(0.1)', 1],
    ['FLOOR(-0.1)', -1],
    ['ROUND(-2.5)', -3],
    ['TRUNC(-2.9)', -2],
    ['SQRT(-1)', undefined],
    ['POWER(2, 10)', 1024],
    ['SIGN(-3)', -1],
    ['LOG(8, 2)', 3],
    ['ABS("x")', undefined],
    ['ARRAY_CONTAINS(c.list, 1)', true],
    ['ARRAY_CONTAINS(c.list, "1")', false],
    ['ARRAY_CONTAINS(c.list, null)', true],
    ['ARRAY_CONTAINS(c.list, {"k": "v"})', false],
    ['ARRAY_CONTAINS(c.list, {"k": "v"}, true)', true],
    ['ARRAY_CONTAINS(c.list, {"n": 1, "k": "v"})', true],
    ['ARRAY_CONTAINS(c.list, {"k": "w"}, true)', false],
    ['ARRAY_CONTAINS(c.list, [5])', true],
    ['ARRAY_CONTAINS(c.text, "G")', undefined],
    ['ARRAY_CONTAINS(c.list, c.missing)', undefined],
    ['ARRAY_CONTAINS([], 1)', false],
    ['ARRAY_LENGTH(c.list)', 5],
    ['ARRAY_LENGTH(c.text)', undefined],
    ['ARRAY_SLICE([1, 2, 3, 4], 1, 2)', [2, 3]],
    ['ARRAY_SLICE([1, 2, 3, 4], -2)', [3, 4]],
    ['ARRAY_CONCAT([1], [2], [3])', [1, 2, 3]],
    ['ARRAY_CONCAT([1], 2)', undefined],
    ['ARRAY_CONTAINS_ANY([1, 2], 5, 2)', true],
    ['ARRAY_CONTAINS_ALL([1, 2], 1, 2)', true],
    ['ARRAY_CONTAINS_ALL([1, 2], 1, 3)', false],
  ])
})

describe('subqueries', () => {
  check([
    ['EXISTS(SELECT VALUE e FROM e IN c.list WHERE e = "two")', true],
    ['EXISTS(SELECT VALUE e FROM e IN c.list WHERE e.k = "w")', false],
    ['EXISTS(SELECT VALUE e FROM e IN c.missing)', false],
    ['EXISTS(SELECT VALUE undefined)', false],
    ['ARRAY(SELECT VALUE e.k FROM e IN c.list)', ['v']],
    ['ARRAY(SELECT VALUE e FROM e IN c.list WHERE IS_NUMBER(e) OR IS_STRING(e))', [1, 'two']],
    ['(SELECT VALUE COUNT(1) FROM e IN c.list)', 5],
    ['(SELECT VALUE SUM(e) FROM e IN c.list WHERE IS_NUMBER(e))', 1],
    ['(SELECT VALUE e FROM e IN c.list WHERE e = 99)', undefined],
    ['ARRAY(SELECT DISTINCT VALUE IS_NULL(e) FROM e IN c.list)', [false, true]],
  ])
})

describe('texts in queries', () => {
  check([
    ["'it\\'s'", "it's"],
    ['"a\\"b\\\\c\\/d"', 'a"b\\c/d'],
    ['"\\u00e4\\n\\t"', 'ä\n\t'],
    ["'double \" inside'", 'double " inside'],
    ['"-- no comment"', '-- no comment'],
  ])
})
