import { describe, expect, it } from 'vitest'
import { verifyWebhookEndpoint } from '../../../functions/webhooks/verify.ts'
import type { Deps } from '../../../shared/deps.ts'
import { handleRequest } from '../../../shared/http/handle.ts'
import { createLog } from '../../../shared/log.ts'

const verifyToken = 'the token a person chose'

async function verify(query: string) {
  // No token here is a workspace's, which are UUIDs: no store is asked.
  const config = { meta: { verifyToken } }
  const deps = { config, containers: {}, log: createLog(() => undefined) } as unknown as Deps
  const request = { method: 'GET', path: '/webhook', query: new URLSearchParams(query), params: {}, body: null }
  return handleRequest(verifyWebhookEndpoint, { ...request, headers: new Headers() }, deps)
}

const token = encodeURIComponent(verifyToken)

describe('the webhook handshake', () => {
  it('answers the bare challenge, each time it is asked', async () => {
    for (let time = 0; time < 2; time++) {
      const answer = await verify(`hub.mode=subscribe&hub.challenge=1158201444&hub.verify_token=${token}`)
      expect(answer).toMatchObject({ status: 200, text: '1158201444', body: undefined })
      expect(answer.headers?.['content-type']).toMatch(/^text\/plain/)
    }
  })

  it('gives back a challenge with odd characters as plain text', async () => {
    const challenge = '<script>alert(1)</script> é'
    const query = `hub.mode=subscribe&hub.challenge=${encodeURIComponent(challenge)}&hub.verify_token=${token}`
    const answer = await verify(query)
    expect(answer.text).toBe(challenge)
    expect(answer.headers?.['content-type']).toMatch(/^text\/plain/)
  })

  it.each([
    ['another token', 'hub.mode=subscribe&hub.challenge=1&hub.verify_token=wrong'],
    ['no token', 'hub.mode=subscribe&hub.challenge=1'],
    ['an empty token', 'hub.mode=subscribe&hub.challenge=1&hub.verify_token='],
    ['a longer token', `hub.mode=subscribe&hub.challenge=1&hub.verify_token=${token}x`],
    ['another mode', `hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=${token}`],
    ['no mode', `hub.challenge=1&hub.verify_token=${token}`],
    ['no challenge', `hub.mode=subscribe&hub.verify_token=${token}`],
    ['nothing', ''],
  ])('is refused with %s', async (_what, query) => {
    const answer = await verify(query)
    expect(answer).toMatchObject({ status: 403, body: { code: 'verification_failed' } })
    expect(JSON.stringify(answer)).not.toContain(verifyToken)
  })
})
