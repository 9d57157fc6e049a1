/** The WhatsApp simulator: Meta's Graph API and its webhooks on one port of this machine (docs: README.md next to it). */
import { createServer } from 'node:http'
import type { IncomingMessage, Server, ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { answerControl } from './control.ts'
import { serveGraph } from './graph-edge.ts'
import { verifyInBackground } from './handshake.ts'
import { readCall, writeAnswer } from './http.ts'
import { firstPhoneNumberId, firstWabaId, openWorld } from './world-setup.ts'
import type { WorldOptions } from './world-setup.ts'
import { saveSettings } from './world.ts'
import type { World } from './world.ts'

export type WhatsappSimulatorOptions = WorldOptions & { port?: number }

export type WhatsappSimulator = {
  url: string
  accessToken: string
  wabaId: string
  phoneNumberId: string
  /** Where webhooks go from now on; the receiver is verified in the background. */
  setWebhookUrl(url: string | undefined): void
  close(): Promise<void>
}

export async function startWhatsappSimulator(options: WhatsappSimulatorOptions): Promise<WhatsappSimulator> {
  const world = openWorld(options)
  let isOpen = true
  const setWebhookUrl = (url: string | undefined): void => {
    world.settings.webhookUrl = url ?? null
    saveSettings(world)
    void verifyInBackground(world, () => isOpen && world.settings.webhookUrl === (url ?? null))
  }
  const server = createServer({ keepAliveTimeout: 75_000, requestTimeout: 0 }, (request, response) => {
    void serve(world, { options, setWebhookUrl }, request, response)
  })
  try {
    await listen(server, options.port ?? 0)
  } catch (error) {
    await world.outbox.close()
    world.store.close()
    throw error
  }
  const { port } = server.address() as AddressInfo // a TCP server's address is never a path
  world.url = `http://127.0.0.1:${port}`
  if (world.settings.webhookUrl !== null) setWebhookUrl(world.settings.webhookUrl)
  return {
    url: world.url,
    accessToken: world.settings.firstToken,
    wabaId: firstWabaId,
    phoneNumberId: firstPhoneNumberId,
    setWebhookUrl,
    async close() {
      if (!isOpen) return
      isOpen = false
      const closed = new Promise((resolve) => server.close(resolve))
      server.closeAllConnections()
      await world.outbox.close()
      await closed
      world.store.close()
    },
  }
}

type Controls = { options: WhatsappSimulatorOptions; setWebhookUrl: (url: string | undefined) => void }

async function serve(
  world: World,
  controls: Controls,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  try {
    const call = await readCall(request)
    if (call.path.startsWith('/_simulator/')) await writeAnswer(response, await answerControl(world, controls, call))
    else await serveGraph(world, call, response)
  } catch (error) {
    // The caller went away while it was sending, or the simulator is closing.
    if (!response.destroyed && !request.destroyed) console.error(error)
    response.destroy()
  }
}

function listen(server: Server, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen(port, '127.0.0.1', () => {
      server.off('error', reject)
      resolve()
    })
  })
}
