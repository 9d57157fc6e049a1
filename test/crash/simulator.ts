/** What a test tells the simulated WhatsApp through its control API. */
import * as z from 'zod'

export type Simulator = ReturnType<typeof simulatorControl>

export function simulatorControl(url: string) {
  const call = async (method: string, path: string, body?: object): Promise<unknown> => {
    const answer = await fetch(`${url}/_simulator/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
    if (!answer.ok) throw new Error(`${method} ${path} was answered ${answer.status}: ${await answer.text()}`)
    return answer.json()
  }
  return {
    behave: (changes: object) => call('PATCH', 'behaviour', changes),
    /** Its id. */
    addFault: async (rule: object): Promise<string> => Rule.parse(await call('POST', 'faults', rule)).id,
    removeFault: (id: string) => call('DELETE', `faults/${id}`),
    clearFaults: () => call('DELETE', 'faults'),
    changeNumber: (id: string, changes: object) => call('PATCH', `phone-numbers/${id}`, changes),
    addTemplate: (template: object) => call('POST', 'templates', template),
    addNumber: (parts: object) => call('POST', 'phone-numbers', parts),
    holdWebhooks: () => call('POST', 'webhooks/hold'),
    releaseWebhooks: () => call('POST', 'webhooks/release'),
    sendWebhooksTo: (url: string) => call('POST', 'webhooks/url', { url }),
    /** Webhooks that were acknowledged so far, and the updates in them. */
    webhooks: async (): Promise<{ posts: number; updates: number }> => {
      const { delivered_posts: posts, delivered_updates: updates } = Webhooks.parse(
        await (await fetch(`${url}/_simulator/webhooks`)).json(),
      )
      return { posts, updates }
    },
  }
}

const Rule = z.object({ id: z.string() })

const Webhooks = z.object({ delivered_posts: z.int(), delivered_updates: z.int() })
