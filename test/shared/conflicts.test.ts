import { expect, it } from 'vitest'
import { retryingConflicts } from '../../shared/conflicts.ts'
import { AppError } from '../../shared/errors.ts'

function failing(times: number, error: Error): { run: () => Promise<string>; tries: () => number } {
  let tries = 0
  const run = () => (++tries > times ? Promise.resolve('done') : Promise.reject(error))
  return { run, tries: () => tries }
}

const conflict = new AppError('conflict', 'Somebody else was first')

it('repeats what lost to another write until it is through', async () => {
  const work = failing(3, conflict)
  expect(await retryingConflicts(work.run)).toBe('done')
  expect(work.tries()).toBe(4)
})

it('gives up where others are always first', async () => {
  const work = failing(100, conflict)
  await expect(retryingConflicts(work.run)).rejects.toBe(conflict)
  expect(work.tries()).toBeLessThan(20)
})

it('does not repeat any other failure', async () => {
  const work = failing(1, new AppError('storage_unavailable', 'Down'))
  await expect(retryingConflicts(work.run)).rejects.toMatchObject({ code: 'storage_unavailable' })
  expect(work.tries()).toBe(1)
})
