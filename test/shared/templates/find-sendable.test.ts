import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { findSendableTemplate } from '../../../shared/templates/find-sendable.ts'
import type { TemplateStatus } from '../../../shared/templates/schema.ts'
import { templateStore } from '../../../shared/templates/store.ts'
import { templateId } from '../../../shared/templates/schema.ts'
import { aWorkspaceId } from '../../support/builders.ts'
import { aWorld, type World } from '../../support/world.ts'
import { aName, aTemplate } from './support.ts'

const WABA = '102290000000001'

let world: World
let workspaceId = aWorkspaceId()
let name: string
beforeAll(async () => {
  world = await aWorld()
})
beforeEach(() => {
  workspaceId = aWorkspaceId()
  name = aName()
})
afterAll(() => world.close())

async function has(language: string, status: TemplateStatus = 'APPROVED'): Promise<string> {
  const id = templateId(workspaceId, WABA, name, language)
  const template = aTemplate({ id, workspace_id: workspaceId, waba_id: WABA, name, language, status })
  await templateStore(world.deps.containers).create(template)
  return id
}

function find(language: string, waba_id: string | null = WABA) {
  return findSendableTemplate(world.deps, workspaceId, { waba_id }, { name, language })
}

describe('the template that a send means', () => {
  it('has exactly the language, in any spelling, where there is one', async () => {
    await has('pt_PT')
    const id = await has('pt_BR')
    expect(await find('pt-br')).toMatchObject({ id, language: 'pt_BR' })
  })

  it('is the only one of the same base language otherwise', async () => {
    const [english] = [await has('en_US'), await has('es')]
    expect(await find('en')).toMatchObject({ id: english })
    expect(await find('en_GB')).toMatchObject({ id: english })
  })

  it('is none where several would do: what exists is listed', async () => {
    await has('en_US')
    await has('en_GB')
    const problem = { loc: ['body', 'template_language'], msg: expect.stringContaining('en_GB, en_US') as string }
    await expect(find('en')).rejects.toMatchObject({ problems: [problem] })
    await expect(find('de')).rejects.toMatchObject({ problems: [problem] })
  })

  it('is one of this workspace and account', async () => {
    await has('en')
    await expect(find('en', '42')).rejects.toMatchObject({ problems: [{ loc: ['body', 'template_name'] }] })
    await expect(find('en', null)).rejects.toMatchObject({ problems: [{ loc: ['body', 'phone_number_id'] }] })
    workspaceId = aWorkspaceId()
    await expect(find('en')).rejects.toMatchObject({ problems: [{ loc: ['body', 'template_name'] }] })
  })

  it.each<TemplateStatus>(['PENDING', 'REJECTED', 'PAUSED', 'DISABLED'])('must not be %s', async (status) => {
    await has('en_US', status)
    await expect(find('en_US')).rejects.toMatchObject({ code: 'template_not_approved' })
    await expect(find('en')).rejects.toMatchObject({ code: 'template_not_approved' })
  })

  it('is none that is gone at Meta', async () => {
    await has('en', 'DELETED')
    await expect(find('en')).rejects.toMatchObject({ problems: [{ loc: ['body', 'template_name'] }] })
    const id = await has('en_US')
    expect(await find('en')).toMatchObject({ id })
  })
})
