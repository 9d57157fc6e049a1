import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { markContacts } from '../../../shared/contacts/mark.ts'
import { contactId, newContact } from '../../../shared/contacts/schema.ts'
import { contactStore } from '../../../shared/contacts/store.ts'
import type { WorkspaceId } from '../../../shared/ids.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { addContacts } from '../../support/campaign-world.ts'
import { optedOutSince } from '../../support/opted-out.ts'
import { aWorld, type World } from '../../support/world.ts'

let world: World
beforeAll(async () => {
  world = await aWorld()
})
afterAll(() => world.close())

const idOf = (workspaceId: WorkspaceId, at: number) => contactId(workspaceId, `1555${1_000_000 + at}`)
const found = async (workspaceId: WorkspaceId, at: number) =>
  (await contactStore(world.deps.containers).find(workspaceId, idOf(workspaceId, at)))!.value

describe('what Meta says about people', () => {
  it('is noted for many of them in few requests, once', async () => {
    const workspaceId = aWorkspaceId()
    await addContacts(world.deps, workspaceId, { count: 120 })
    const marks = Array.from({ length: 120 }, (_, at) => ({
      contactId: idOf(workspaceId, at),
      code: at < 60 ? 131050 : 130403,
    }))
    let requests = 0
    const contacts = new Proxy(world.deps.containers.contacts, {
      get: (target, name, receiver) => {
        requests++
        return Reflect.get(target, name, receiver) as unknown
      },
    })
    const deps = { ...world.deps, containers: { ...world.deps.containers, contacts } }
    await markContacts(deps, workspaceId, marks)
    expect(requests).toBe(6)
    const first = await found(workspaceId, 3)
    expect(first).toMatchObject({ opted_in: false, opted_in_source: 'meta' })
    expect(await found(workspaceId, 80)).toMatchObject({ opted_in: true, unreachable: { code: 130403 } })
    expect(await optedOutSince(world.deps, workspaceId, '2020')).toHaveLength(60)
    // Told again: nothing is written any more.
    requests = 0
    await markContacts(deps, workspaceId, marks)
    expect(requests).toBe(3)
    expect(await found(workspaceId, 3)).toEqual(first)
    expect(await optedOutSince(world.deps, workspaceId, '2020')).toHaveLength(60)
  })

  it('makes a no of somebody who had said nothing yet', async () => {
    const workspaceId = aWorkspaceId()
    const phone = { e164: '+15551000000', waId: '15551000000' }
    const silent = { phone, name: null, tags: [], optedIn: false, source: 'send' as const }
    const store = contactStore(world.deps.containers)
    await store.create(newContact(workspaceId, silent, world.deps.now()))
    await markContacts(world.deps, workspaceId, [{ contactId: idOf(workspaceId, 0), code: 131050 }])
    expect(await found(workspaceId, 0)).toMatchObject({ opted_in: false, opted_in_source: 'meta' })
  })

  it('reaches nobody of another workspace, and no contact that does not exist', async () => {
    const [acme, globex] = [aWorkspaceId(), aWorkspaceId()]
    await addContacts(world.deps, acme, { count: 1 })
    await markContacts(world.deps, globex, [{ contactId: idOf(acme, 0), code: 131050 }])
    await markContacts(world.deps, acme, [{ contactId: idOf(acme, 7), code: 131050 }])
    expect(await found(acme, 0)).toMatchObject({ opted_in: true })
  })

  it('fails where it cannot be stored, for whoever can tell it again', async () => {
    const contacts = { ...world.deps.containers.contacts, query: () => Promise.reject(new Error('unreachable')) }
    const deps = { ...world.deps, containers: { ...world.deps.containers, contacts } }
    const marking = markContacts(deps, aWorkspaceId(), [{ contactId: 'x', code: 131050 }])
    await expect(marking).rejects.toThrow('unreachable')
  })
})
