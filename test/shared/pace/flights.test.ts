import { setImmediate as turn } from 'node:timers/promises'
import { describe, expect, it } from 'vitest'
import { flights, type Flight } from '../../../shared/pace/flights.ts'

const BLOCK = 32

/** Asks for so many blocks at 1,000 a second; those that may leave are in `left`. */
async function departures(from: ReturnType<typeof flights>, blocks: number): Promise<Flight[]> {
  const left: Flight[] = []
  for (let block = 0; block < blocks; block++) void from.depart(BLOCK, 1000).then((flight) => left.push(flight))
  await turn()
  return left
}

async function land(flight: Flight | undefined, afterMs?: number): Promise<void> {
  for (let send = 0; send < BLOCK; send++) flight?.landed(afterMs)
  await turn()
}

describe('sends under way to Meta', () => {
  it('are few while nothing is known of Meta’s time to answer', async () => {
    expect(await departures(flights(), 10)).toHaveLength(2)
  })

  it('leave in the order in which they asked, as others are answered or never left', async () => {
    const number = flights()
    const left = await departures(number, 5)
    await land(left[0], 5)
    expect(left).toHaveLength(3)
    left[1]?.end()
    left[1]?.end()
    await turn()
    expect(left).toHaveLength(4)
  })

  it('are as many as a usual answer takes, when Meta takes its time', async () => {
    const number = flights()
    await land((await departures(number, 1))[0], 600)
    // 64, and 600 ms at 1,000 a second.
    expect(await departures(number, 40)).toHaveLength(Math.floor(664 / BLOCK))
  })

  it('are no fewer because of some that failed at once', async () => {
    const number = flights()
    await land((await departures(number, 1))[0], 600)
    await land((await departures(number, 1))[0])
    expect(await departures(number, 40)).toHaveLength(Math.floor(664 / BLOCK))
  })

  it('do not pile up behind something that stalls', async () => {
    const number = flights()
    await land((await departures(number, 1))[0], 10)
    const left = await departures(number, 20)
    for (let landed = 0; landed < 5; landed++) {
      expect(left.length - landed).toBeLessThanOrEqual(3)
      await land(left[landed], 800)
    }
    expect(left.length).toBeLessThan(20)
  })

  it('are at least one block, however slow the number', async () => {
    const number = flights()
    const left: Flight[] = []
    void number.depart(500, 1).then((flight) => left.push(flight))
    await turn()
    expect(left).toHaveLength(1)
  })
})
