import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { addTagsEndpoint, countTagsEndpoint, removeTagEndpoint } from '../../../functions/contacts/tags.ts'
import { deleteContact } from '../../../shared/contacts/delete.ts'
import { getContact } from '../../../shared/contacts/find.ts'
import { changeTags } from '../../../shared/contacts/tag.ts'
import { countTags } from '../../../shared/contacts/tags.ts'
import { updateContact } from '../../../shared/contacts/update.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { aContact, aContactsWorld, aPhone, withContacts, type ContactsWorld } from './support.ts'

let at: ContactsWorld
beforeAll(async () => {
  at = await aContactsWorld()
})
afterAll(() => at.world.close())

const tagsOf = async (id: string) => (await getContact(at.deps, at.acme, id)).tags

describe('single tags', () => {
  it('are added and taken away, in any letter case; again changes nothing', async () => {
    const { id } = await aContact(at.deps, at.acme, { phone: aPhone(1), tags: ['VIP'] })
    const params = { contact_id: id }
    const added = await at.call(addTagsEndpoint, { params, json: { tags: ['vip', 'Berlin'] } })
    expect(added).toMatchObject({ status: 200, body: { tags: ['VIP', 'Berlin'] } })
    const before = await getContact(at.deps, at.acme, id)
    expect(await at.call(addTagsEndpoint, { params, json: { tags: ['berlin'] } })).toMatchObject({ status: 200 })
    expect(await getContact(at.deps, at.acme, id)).toEqual(before)
    const removed = await at.call(removeTagEndpoint, { params, query: { tag: 'vip' } })
    expect(removed).toMatchObject({ status: 200, body: { tags: ['Berlin'] } })
    expect(await at.call(removeTagEndpoint, { params, query: { tag: 'vip' } })).toMatchObject({ status: 200 })
  })

  it('are refused beyond fifty, and where there is nothing in them', async () => {
    const tags = Array.from({ length: 50 }, (_, index) => `t${index}`)
    const { id } = await aContact(at.deps, at.acme, { phone: aPhone(2), tags })
    const params = { contact_id: id }
    for (const more of ['one more', ' ']) {
      const answer = await at.call(addTagsEndpoint, { params, json: { tags: [more] } })
      expect(answer).toMatchObject({
        status: 422,
        body: { detail: [{ loc: ['body', 'tags', ...(more === ' ' ? [0] : [])] }] },
      })
    }
    expect(await at.call(removeTagEndpoint, { params, query: { tag: ' ' } })).toMatchObject({ status: 422 })
  })

  it('all stand where several people add and take away at the same time', async () => {
    const { id } = await aContact(at.deps, at.acme, { phone: aPhone(3), tags: ['old'] })
    await Promise.all([
      ...['a', 'b', 'c'].map((tag) => changeTags(at.deps, at.acme, id, { add: [tag] })),
      changeTags(at.deps, at.acme, id, { remove: ['old'] }),
      updateContact(at.deps, at.acme, id, { name: 'Ada', source: 'api' }),
    ])
    expect((await tagsOf(id)).sort()).toEqual(['a', 'b', 'c'])
    expect(await getContact(at.deps, at.acme, id)).toMatchObject({
      name: 'Ada',
      tags_folded: expect.arrayContaining(['a']) as unknown,
    })
  })

  it('of another workspace’s or a deleted contact are 404, and a lost write changes nothing', async () => {
    const { id } = await aContact(at.deps, at.globex, { phone: aPhone(4) })
    expect(await at.call(addTagsEndpoint, { params: { contact_id: id }, json: { tags: ['x'] } })).toMatchObject({
      status: 404,
    })
    const mine = await aContact(at.deps, at.acme, { phone: aPhone(5) })
    const failing = withContacts(at.deps, 'replace', () => {
      throw new Error('The process was killed here')
    })
    await expect(changeTags(failing, at.acme, mine.id, { add: ['x'] })).rejects.toThrow('killed')
    expect(await tagsOf(mine.id)).toEqual([])
    await deleteContact(at.deps, at.acme, mine.id)
    const gone = await at.call(removeTagEndpoint, { params: { contact_id: mine.id }, query: { tag: 'x' } })
    expect(gone).toMatchObject({ status: 404 })
  })
})

describe('GET /api/contacts/tags', () => {
  it('counts each tag once whatever its spelling, the most frequent first, in one request', async () => {
    const workspace = aWorkspaceId()
    const given = [['VIP', 'berlin'], ['vip'], ['VIP'], ['Berlin', 'x'], []]
    for (const [index, tags] of given.entries()) await aContact(at.deps, workspace, { phone: aPhone(10 + index), tags })
    const gone = await aContact(at.deps, workspace, { phone: aPhone(20), tags: ['gone'] })
    await deleteContact(at.deps, workspace, gone.id)
    let requests = 0
    const deps = withContacts(at.deps, 'query', () => {
      requests++
    })
    expect(await countTags(deps, workspace)).toEqual({
      tags: [
        { tag: 'VIP', count: 3 },
        { tag: 'Berlin', count: 2 },
        { tag: 'x', count: 1 },
      ],
      total: 3,
    })
    expect(requests).toBe(1)
  })

  it('is of one workspace only', async () => {
    await aContact(at.deps, at.globex, { phone: aPhone(30), tags: ['theirs'] })
    const answer = await at.call(countTagsEndpoint, { query: { workspace_id: at.acme } })
    expect(JSON.stringify(answer.body)).not.toContain('theirs')
    expect(await at.call(countTagsEndpoint, { query: { workspace_id: at.globex } })).toMatchObject({ status: 403 })
  })
})
