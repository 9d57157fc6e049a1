/** DELETE /api/phone-numbers/{phone_number_id} and its twin in the workspace. */
import { deletePhoneNumber } from '../../shared/phone-numbers/delete.ts'
import { onPhoneNumber } from './both-paths.ts'

export const [deletePhoneNumberEndpoint, deleteWorkspacePhoneNumberEndpoint] = onPhoneNumber({
  name: 'delete',
  summary: 'Disconnect a phone number',
  description:
    "Meta's number can then be connected again, here or elsewhere. Refused while a campaign sends, is scheduled or " +
    'paused with the number.',
  method: 'DELETE',
  allow: 'admin',
  responses: { 204: null },
  errors: ['phone_number_in_use'],
  async handle(deps, workspaceId, phoneNumberId) {
    await deletePhoneNumber(deps, workspaceId, phoneNumberId)
    return { status: 204 }
  },
})
