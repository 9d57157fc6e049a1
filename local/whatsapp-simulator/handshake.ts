/** Meta's verification of a callback URL: a GET that must give the challenge back as plain text. */
import { randomInt } from 'node:crypto'
import { request } from 'undici'
import type { World } from './world.ts'

const waitsMs = [200, 400, 800, 1600, 3200, 5000]

/** What was wrong with the answer; undefined if the URL is verified. */
export async function verifyCallback(url: string, verifyToken: string): Promise<string | undefined> {
  const challenge = String(randomInt(1_000_000_000, 2_000_000_000))
  try {
    const target = new URL(url)
    target.searchParams.set('hub.mode', 'subscribe')
    target.searchParams.set('hub.challenge', challenge)
    target.searchParams.set('hub.verify_token', verifyToken)
    const answer = await request(target, { headersTimeout: 10_000, bodyTimeout: 10_000 })
    const text = await answer.body.text()
    if (answer.statusCode !== 200) return `HTTP Status Code = ${answer.statusCode}`
    return text === challenge ? undefined : 'the answer is not the challenge'
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}

/** Verifies the configured URL in the background and tries again while the receiver is still starting. */
export async function verifyInBackground(world: World, isCurrent: () => boolean): Promise<void> {
  const url = world.settings.webhookUrl
  if (url === null) {
    world.handshake = 'no webhook URL'
    return
  }
  world.handshake = 'pending'
  for (let attempt = 0; isCurrent(); attempt += 1) {
    const problem = await verifyCallback(url, world.app.verifyToken)
    if (!isCurrent()) return
    world.handshake = problem === undefined ? 'verified' : `not verified: ${problem}`
    if (problem === undefined) return
    await new Promise((resolve) => setTimeout(resolve, waitsMs[attempt] ?? 5000).unref())
  }
}
