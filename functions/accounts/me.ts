/** GET /api/auth/me */
import { MeResponse } from '../../shared/accounts/api.ts'
import { findAccount } from '../../shared/accounts/find-account.ts'
import { endpoint } from '../../shared/http/endpoint.ts'
import { workspaceListItem } from '../../shared/workspaces/api.ts'
import { workspacesOf } from '../../shared/workspaces/find.ts'
import { personOf } from '../../shared/workspaces/membership.ts'

export const meEndpoint = endpoint({
  name: 'auth-me',
  summary: 'The signed-in person and their workspaces',
  method: 'GET',
  path: 'api/auth/me',
  allow: 'user',
  responses: { 200: MeResponse },
  errors: ['forbidden'],
  async handle({ caller }, deps) {
    const [account, workspaces] = await Promise.all([findAccount(deps, personOf(caller)), workspacesOf(deps, caller)])
    return {
      status: 200,
      body: { ...account, user_id: account.id, workspaces: workspaces.map(workspaceListItem) },
    }
  },
})
