/** Mathematical functions; a result that is no finite number is undefined, since JSON cannot hold it. */
import type { Value } from '../json.ts'
import type { BuiltIn, Signature } from './functions.ts'
import { finite } from './operators.ts'

const ofNumber = (run: (value: number) => number): Signature => [
  1,
  1,
  (value) => (typeof value === 'number' ? finite(run(value)) : undefined),
]

const ofNumbers =
  (run: (left: number, right: number) => number): BuiltIn =>
  (left, right) =>
    typeof left === 'number' && typeof right === 'number' ? finite(run(left, right)) : undefined

export const mathFunctions: Record<string, Signature> = {
  ABS: ofNumber(Math.abs),
  ACOS: ofNumber(Math.acos),
  ASIN: ofNumber(Math.asin),
  ATAN: ofNumber(Math.atan),
  ATN2: [2, 2, ofNumbers(Math.atan2)],
  CEILING: ofNumber(Math.ceil),
  COS: ofNumber(Math.cos),
  COT: ofNumber((value) => 1 / Math.tan(value)),
  DEGREES: ofNumber((value) => (180 / Math.PI) * value),
  EXP: ofNumber(Math.exp),
  FLOOR: ofNumber(Math.floor),
  LOG: [1, 2, logarithm],
  LOG10: ofNumber(Math.log10),
  PI: [0, 0, () => Math.PI],
  POWER: [2, 2, ofNumbers(Math.pow)],
  RADIANS: ofNumber((value) => (Math.PI * value) / 180),
  ROUND: ofNumber((value) => Math.sign(value) * Math.round(Math.abs(value))),
  SIGN: ofNumber(Math.sign),
  SIN: ofNumber(Math.sin),
  SQRT: ofNumber(Math.sqrt),
  SQUARE: ofNumber((value) => value * value),
  TAN: ofNumber(Math.tan),
  TRUNC: ofNumber(Math.trunc),
}

function logarithm(value: Value, base?: Value): Value {
  if (typeof value !== 'number') return undefined
  if (base === undefined) return finite(Math.log(value))
  return typeof base === 'number' ? finite(Math.log(value) / Math.log(base)) : undefined
}
