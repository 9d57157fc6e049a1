/** The WhatsApp simulator in this process, and the questions tests ask it. */
import { randomBytes } from 'node:crypto'
import { startWhatsappSimulator, type WhatsappSimulator } from '../../local/whatsapp-simulator/server.ts'
import type { LedgerSummary } from '../../local/whatsapp-simulator/ledger.ts'

export interface TestSimulator extends WhatsappSimulator {
  appSecret: string
  ledger(): Promise<LedgerSummary>
  fault(rule: Record<string, unknown>): Promise<void>
  clearFaults(): Promise<void>
  control(method: string, path: string, body?: unknown): Promise<unknown>
}

export async function aSimulator(options: { throughput?: 'STANDARD' | 'HIGH' } = {}): Promise<TestSimulator> {
  const appSecret = randomBytes(16).toString('hex')
  const simulator = await startWhatsappSimulator({
    appId: '1234567890',
    appSecret,
    verifyToken: randomBytes(8).toString('hex'),
    throughput: options.throughput ?? 'HIGH',
  })
  const control = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const answer = await fetch(`${simulator.url}/_simulator/${path}`, {
      method,
      ...(body === undefined ? {} : { body: JSON.stringify(body), headers: { 'content-type': 'application/json' } }),
    })
    if (!answer.ok) throw new Error(`simulator: ${await answer.text()}`)
    return answer.json()
  }
  return {
    ...simulator,
    appSecret,
    control,
    // The simulator's own shape.
    ledger: async () => (await control('GET', 'ledger')) as LedgerSummary,
    fault: async (rule) => {
      await control('POST', 'faults', rule)
    },
    clearFaults: async () => {
      await control('DELETE', 'faults')
    },
  }
}
