/** Sends a template: possible at any time, once Meta approved it. */
import type { WorkspaceId } from '../ids.ts'
import { checkSendComponents } from '../templates/check-send.ts'
import { findSendableTemplate } from '../templates/find-sendable.ts'
import { queuedOnce } from './queue-in-place.ts'
import { findRoute, queueMessage, type SendDeps, type WantedRoute } from './queue-message.ts'
import type { OutboundMessage } from './schema.ts'

export interface TemplateToSend extends WantedRoute {
  template_name: string
  template_language: string
  components?: unknown
}

export function queueTemplate(
  deps: SendDeps,
  workspaceId: WorkspaceId,
  { template_name: name, template_language: language, components, ...wanted }: TemplateToSend,
): Promise<OutboundMessage> {
  return queuedOnce(deps, workspaceId, async () => {
    const route = await findRoute(deps, workspaceId, wanted)
    const template = await findSendableTemplate(deps, workspaceId, route.phoneNumber, { name, language })
    return queueMessage(deps, route, template.category === 'MARKETING' ? 'marketing' : 'any', {
      type: 'template',
      template_id: template.id,
      name: template.name,
      language: template.language,
      components: checkSendComponents(template, components),
    })
  })
}
