/**
 * The package as it is deployed, in a folder of its own with local.settings.json, run by a host of one's choice, against the
 * local world: Meta's handshake, stores that are reached, a sign-up, a template through its queue and its webhook, one
 * message until Meta reports it.
 */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import * as z from 'zod'
import { buildBundle } from '../../local/build/bundle.ts'
import { packageFiles } from '../../local/build/package-files.ts'
import { apiClient, type ApiClient } from '../../local/demo/api-client.ts'
import { poll } from '../../local/demo/poll.ts'
import { prepare } from '../../local/demo/prepare.ts'
import { partWatch } from '../../local/stack/part-watch.ts'
import { REPOSITORY } from '../../local/stack/parts.ts'
import { startWorld, type LocalWorld } from '../../local/stack/world.ts'
import { localSettings } from './local-settings.ts'

export interface RunningHost {
  stop(): Promise<void>
}

/** Starts a host in the folder, on the port; it need not be ready when this resolves. */
export type StartHost = (folder: string, port: number) => Promise<RunningHost>

const READY_WITHIN_MS = 120_000
const SENT_WITHIN_MS = 60_000
const DONE = ['delivered', 'read']

/** Throws where a step fails. */
export async function smoke(startHost: StartHost, say: (line: string) => void): Promise<void> {
  const watch = partWatch()
  const folder = await mkdtemp(join(tmpdir(), 'herald-smoke-'))
  let host: RunningHost | undefined
  try {
    const world = await startWorld({ environment: {} }, watch)
    await unpack(folder, world)
    say('the package is unpacked, with local.settings.json')
    host = await startHost(folder, world.port)
    await steps(world, say)
  } finally {
    await host?.stop()
    await watch.stopAll()
    await rm(folder, { recursive: true, force: true })
  }
}

async function unpack(folder: string, world: LocalWorld): Promise<void> {
  const files = await packageFiles(REPOSITORY, await buildBundle(REPOSITORY, join(folder, 'dist')))
  for (const { name, bytes } of files) {
    const path = join(folder, name)
    await mkdir(dirname(path), { recursive: true })
    await writeFile(path, bytes)
  }
  await writeFile(join(folder, 'local.settings.json'), await localSettings(REPOSITORY, world.settings))
}

async function steps({ port, settings, whatsapp }: LocalWorld, say: (line: string) => void): Promise<void> {
  const url = `http://127.0.0.1:${port}`
  await handshake(url, settings['META_VERIFY_TOKEN'] ?? '')
  say("answered Meta's handshake")
  await ready(url)
  say('reaches its stores')
  if (!whatsapp) throw new Error('The smoke test needs the WhatsApp simulator: META_GRAPH_URL is set')
  const api = apiClient(url)
  const { workspaceId, phoneNumberId, templateId } = await prepare(api, whatsapp, say)
  say(`one message is ${await oneMessage(api, { workspaceId, phoneNumberId, templateId })}`)
}

async function handshake(url: string, token: string): Promise<void> {
  const query = new URLSearchParams({
    'hub.mode': 'subscribe',
    'hub.verify_token': token,
    'hub.challenge': '1158201444',
  })
  const ask = (): Promise<string> =>
    fetch(`${url}/webhook?${query.toString()}`).then(
      (answer) => answer.text(),
      () => '',
    )
  const options = { everyMs: 250, withinMs: READY_WITHIN_MS, what: 'the host to answer' }
  await poll(ask, (text) => text === '1158201444', options)
}

async function ready(url: string): Promise<void> {
  const answer = await fetch(`${url}/api/ready`)
  if (!answer.ok) throw new Error(`GET /api/ready was answered ${answer.status}: ${await answer.text()}`)
}

async function oneMessage(
  api: ApiClient,
  ids: { workspaceId: string; phoneNumberId: string; templateId: string },
): Promise<string> {
  const { name } = await api.get(z.object({ name: z.string() }), `/api/templates/${ids.templateId}`)
  const { id } = await api.post(z.object({ id: z.string() }), '/api/messages/send/template', {
    workspace_id: ids.workspaceId,
    phone_number_id: ids.phoneNumberId,
    to: '+4915112345678',
    template_name: name,
    template_language: 'en',
    components: { body: ['Ada'] },
  })
  const { status } = await poll(
    () => api.get(z.object({ status: z.string() }), `/api/messages/${id}/status`),
    (message) => [...DONE, 'failed'].includes(message.status),
    { everyMs: 200, withinMs: SENT_WITHIN_MS, what: 'the message to be delivered' },
  )
  if (!DONE.includes(status)) throw new Error(`The message ended as ${status}`)
  return status
}
