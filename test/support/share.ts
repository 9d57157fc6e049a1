/**
 * Matrices of cases in which each one costs little and all together cost minutes: `npm test` tries a third of them, chosen
 * so that each row and each column has its share, and `npm run test:matrices` tries all.
 */
const ALL = process.env['MODE'] === 'matrices'
const SHARE = 3

/** Of a row's cases those whose turn it is. */
export function shareOf<Case>(cases: Iterable<Case>, row: number): Case[] {
  return [...cases].filter((_case, column) => ALL || (row + column) % SHARE === 0)
}
