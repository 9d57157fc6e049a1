/** Graph's routes: which node an id is, whether this token may reach it, and what the method does on it. */
import { authenticate, mayReach, requireScope } from './auth.ts'
import type { Scope } from './auth.ts'
import { GraphError, invalid, unknownObject } from './errors.ts'
import type { Answer, Call } from './http.ts'
import type { Json } from './json.ts'
import {
  continueUpload,
  deleteMedium,
  downloadMedium,
  downloadPath,
  readMedium,
  startUpload,
  uploadMedia,
} from './media.ts'
import type { Medium } from './media-shelf.ts'
import { postMessage } from './messages.ts'
import {
  configureWebhook,
  deregisterNumber,
  listPhoneNumbers,
  listSubscribedApps,
  readPhoneNumber,
  readWaba,
  registerNumber,
  subscribeApp,
  unsubscribeApp,
} from './phone-numbers.ts'
import { createTemplate, deleteTemplates, editTemplate, listTemplates, readTemplate } from './templates.ts'
import type { Template } from './template-types.ts'
import { exchangeToken, inspectToken } from './tokens.ts'
import type { PhoneNumber, Token, Waba, World } from './world.ts'

type Handler<Kind> = { scope: Scope; run: (world: World, node: Kind, call: Call) => Json | Promise<Json> }
type Node = {
  wabaId: string
  handlerFor: (key: string) => ((world: World, call: Call, token: Token) => Json | Promise<Json>) | undefined
}

const openPaths: Readonly<Record<string, (world: World, call: Call) => Json>> = {
  '/oauth/access_token': exchangeToken,
  '/debug_token': inspectToken,
}
const verbs: Readonly<Record<string, 'get' | 'post' | 'delete'>> = { GET: 'get', POST: 'post', DELETE: 'delete' }
const messaging: Scope = 'whatsapp_business_messaging'
const management: Scope = 'whatsapp_business_management'

const ofNumber: Readonly<Record<string, Handler<PhoneNumber>>> = {
  'POST messages': { scope: messaging, run: (world, number, call) => postMessage(world, number, call.fields) },
  'POST media': { scope: messaging, run: uploadMedia },
  'GET ': { scope: management, run: readPhoneNumber },
  'POST ': { scope: management, run: configureWebhook },
  'POST register': { scope: management, run: registerNumber },
  'POST deregister': { scope: management, run: deregisterNumber },
}
const ofWaba: Readonly<Record<string, Handler<Waba>>> = {
  'GET ': { scope: management, run: (_world, waba, call) => readWaba(waba, call) },
  'GET phone_numbers': { scope: management, run: listPhoneNumbers },
  'GET subscribed_apps': { scope: management, run: listSubscribedApps },
  'POST subscribed_apps': { scope: management, run: subscribeApp },
  'DELETE subscribed_apps': { scope: management, run: unsubscribeApp },
  'GET message_templates': { scope: management, run: listTemplates },
  'POST message_templates': { scope: management, run: createTemplate },
  'DELETE message_templates': { scope: management, run: deleteTemplates },
}
const ofTemplate: Readonly<Record<string, Handler<Template>>> = {
  'GET ': { scope: management, run: (_world, template, call) => readTemplate(template, call) },
  'POST ': { scope: management, run: editTemplate },
}
const ofMedium: Readonly<Record<string, Handler<Medium>>> = {
  'GET ': { scope: messaging, run: readMedium },
  'DELETE ': { scope: messaging, run: deleteMedium },
}

/** Answers one Graph call; refusals are thrown as GraphError. */
export async function answerGraph(world: World, call: Call): Promise<Answer> {
  const withoutToken = openPaths[call.path]
  if (withoutToken) return { status: 200, body: withoutToken(world, call) }
  const token = authenticate(world, call)
  if (call.path === downloadPath) return downloadMedium(world, call, (wabaId) => mayReach(token, wabaId))
  const upload = call.method === 'POST' ? uploadAnswer(world, call) : undefined
  return { status: 200, body: upload ?? (await nodeAnswer(world, call, token)) }
}

/** The resumable upload of template samples belongs to the app, not to a WABA. */
function uploadAnswer(world: World, call: Call): Json | undefined {
  if (call.path === `/${world.app.id}/uploads`) return startUpload(call)
  return call.path.startsWith('/upload:') ? continueUpload(call.path.slice(1), call) : undefined
}

function nodeAnswer(world: World, call: Call, token: Token): Json | Promise<Json> {
  const [id = '', edge = '', ...more] = call.path.slice(1).split('/')
  const node = nodeOf(world, id)
  if (!node || !mayReach(token, node.wabaId)) throw unknownObject(id, verbs[call.method])
  const handler = more.length > 0 ? undefined : node.handlerFor(`${call.method} ${edge}`)
  if (!handler && edge === '') throw unknownObject(id, verbs[call.method])
  if (!handler) throw new GraphError(2500, { message: `Unknown path components: /${[edge, ...more].join('/')}` })
  if (call.fields === undefined) throw invalid('Invalid JSON in the body of the request.')
  return handler(world, call, token)
}

function nodeOf(world: World, id: string): Node | undefined {
  const number = world.phoneNumbers.get(id)
  if (number) return aNode(number.wabaId, number, ofNumber)
  const waba = world.wabas.get(id)
  if (waba) return aNode(waba.id, waba, ofWaba)
  const template = world.templates.find(id)
  if (template) return aNode(template.wabaId, template, ofTemplate)
  const medium = world.media.find(id, world.now())
  return medium && aNode(medium.wabaId, medium, ofMedium)
}

function aNode<Kind>(wabaId: string, node: Kind, handlers: Readonly<Record<string, Handler<Kind>>>): Node {
  return {
    wabaId,
    handlerFor(key) {
      const handler = handlers[key]
      if (!handler) return undefined
      return (world, call, token) => {
        requireScope(token, handler.scope)
        return handler.run(world, node, call)
      }
    },
  }
}
