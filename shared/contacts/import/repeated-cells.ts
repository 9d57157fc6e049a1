/**
 * OpenDocument says once what repeats: a kilobyte can claim 17 billion cells. The reader makes each of them, and to one wide enough
 * V8 answers by ending the process, whatever the limits of the thread. So they are counted before.
 */

/** As the workbook reader tells tags apart: a suffix of the name does not count, and quotes may hold anything. */
const TAG =
  /<(?:[^\s?><!/:"]*:|)(table-row|行|table-cell|数据)(?:_[^\s?<>:/"]*)?((?:\s+[^<>=?"'\s]+="[^"]*?")*)\s*(\/?)>/g
const ROWS_REPEATED = /number-rows-repeated\s*=\s*["']?([^"'\s>]*)/gi
const COLUMNS_REPEATED = /number-columns-repeated\s*=\s*["']?([^"'\s>]*)/gi

/** Cells that repeat others, beyond those written out; empty ones, with which sheets are filled up, are none. */
export function repeatedCells(content: string): number {
  let [count, rows] = [0, 1]
  for (const [, name = '', attributes = '', isEmpty] of content.matchAll(TAG)) {
    if (name === 'table-row' || name === '行') rows = mostOf(ROWS_REPEATED, attributes)
    else if (isEmpty === '') count += rows * mostOf(COLUMNS_REPEATED, attributes) - 1
  }
  return count
}

/** Comments and declarations can hide a tag from whoever does not take them out first; no spreadsheet program writes them. */
export function hasHiddenParts(content: string): boolean {
  return /<!(?:--|doctype)/i.test(content)
}

function mostOf(pattern: RegExp, attributes: string): number {
  return Math.max(1, ...attributes.matchAll(pattern).map(([, text = '']) => Number(text) || Number.parseInt(text) || 1))
}
