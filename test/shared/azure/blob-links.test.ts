import { randomBytes } from 'node:crypto'
import { BlobServiceClient, type UserDelegationKey } from '@azure/storage-blob'
import { describe, expect, it } from 'vitest'
import { blobLinks, delegationKeys } from '../../../shared/azure/blob-links.ts'

const HOUR = 3_600_000
const NOON = Date.parse('2026-11-23T12:00:00Z')

function aKey(startsOn: Date, expiresOn: Date): UserDelegationKey {
  return {
    signedObjectId: 'object',
    signedTenantId: 'tenant',
    signedStartsOn: startsOn,
    signedExpiresOn: expiresOn,
    signedService: 'b',
    signedVersion: '2026-02-06',
    value: randomBytes(32).toString('base64'),
  }
}

function link(minutes: number, at = NOON) {
  return { now: new Date(at), expiresAt: new Date(at + minutes * 60_000) }
}

describe('delegation keys', () => {
  it('are asked for once for all links of a day, and outlive every link', async () => {
    const asked: [Date, Date][] = []
    const keys = delegationKeys((from, to) => {
      asked.push([from, to])
      return Promise.resolve(aKey(from, to))
    })
    const [first, second] = await Promise.all([keys(link(1440)), keys(link(5))])
    expect(first).toBe(second)
    expect(await keys(link(1440, NOON + 23 * HOUR))).toBe(first)
    const renewed = await keys(link(1440, NOON + 24 * HOUR))
    expect(renewed).not.toBe(first)
    expect(asked).toHaveLength(2)
    for (const [from, to] of asked) expect(to.getTime() - from.getTime()).toBeLessThan(7 * 24 * HOUR)
    expect(asked[0]![0].getTime()).toBeLessThan(NOON)
    expect(renewed.signedExpiresOn.getTime()).toBeGreaterThan(NOON + 48 * HOUR)
  })

  it('that could not be had are asked for again', async () => {
    let calls = 0
    const keys = delegationKeys((from, to) =>
      ++calls === 1 ? Promise.reject(new Error('down')) : Promise.resolve(aKey(from, to)),
    )
    await expect(keys(link(60))).rejects.toThrow('down')
    await expect(keys(link(60))).resolves.toMatchObject({ signedService: 'b' })
  })
})

it('a link of an identity is signed with its delegation key, for HTTPS and one blob', async () => {
  // No such account: only what the client signs itself is looked at.
  const service = new BlobServiceClient('https://account.blob.core.windows.net')
  service.getUserDelegationKey = () =>
    // The answer's HTTP part is not looked at.
    Promise.resolve(
      aKey(new Date(NOON), new Date(NOON + 48 * HOUR)) as Awaited<
        ReturnType<BlobServiceClient['getUserDelegationKey']>
      >,
    )
  const blob = service.getContainerClient('media').getBlockBlobClient('one')
  const url = new URL(await blobLinks(service)(blob, { ...link(60), contentType: 'image/png', fileName: 'a.png' }))
  expect(`${url.origin}${url.pathname}`).toBe('https://account.blob.core.windows.net/media/one')
  const said = Object.fromEntries(url.searchParams)
  expect(said).toMatchObject({ sp: 'r', sr: 'b', spr: 'https', skoid: 'object', sktid: 'tenant', rsct: 'image/png' })
  expect(said).toMatchObject({ se: '2026-11-23T13:00:00Z', rscd: expect.stringContaining('attachment') as string })
  expect(said['st']).toBeUndefined()
})
