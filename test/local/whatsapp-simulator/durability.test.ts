/** An accept is answered after its commit, and what `flushed` promised is in the file. */
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, expect, it, onTestFinished } from 'vitest'
import { Faults } from '../../../local/whatsapp-simulator/faults.ts'
import { serveGraph } from '../../../local/whatsapp-simulator/graph-edge.ts'
import { readCall } from '../../../local/whatsapp-simulator/http.ts'
import { FileStore, noStore } from '../../../local/whatsapp-simulator/store.ts'
import { firstPhoneNumberId, openWorld } from '../../../local/whatsapp-simulator/world-setup.ts'
import { aStateFile } from './process.ts'
import { app, until } from './world.ts'

describe('an accepted send', () => {
  it('is answered only after the commit', async () => {
    const events: string[] = []
    const commit = Promise.withResolvers<undefined>()
    const opened = openWorld(app)
    const waiting = { ...noStore, flushed: () => commit.promise.then(() => undefined) }
    const server = createServer((request, response) => {
      const isSend = request.method === 'POST'
      const world = isSend ? { ...opened, store: waiting } : opened
      void readCall(request).then((call) => serveGraph(world, call, response))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    onTestFinished(async () => {
      server.close()
      server.closeAllConnections()
      await opened.outbox.close()
    })
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/v26.0/${firstPhoneNumberId}`
    const headers = { authorization: `Bearer ${opened.settings.firstToken}`, 'content-type': 'application/json' }
    const body = JSON.stringify({ messaging_product: 'whatsapp', to: '+15550009876', text: { body: 'hi' } })

    const sending = fetch(`${url}/messages`, { method: 'POST', headers, body }).then(() => events.push('answered'))
    await until(() => opened.ledger.size === 1, 'the accept')
    // A whole other call gives an answer that did not wait the time to arrive first.
    expect((await fetch(url, { headers })).status).toBe(200)
    events.push('committed')
    commit.resolve(undefined)
    await sending
    expect(events).toEqual(['committed', 'answered'])
  })
})

describe('the state file', () => {
  it('has everything that was written before `flushed` resolved, in order', async () => {
    const path = aStateFile()
    const store = new FileStore(path)
    for (let index = 0; index < 100; index += 1) store.append('sent', { index })
    store.put('waba', 'a', { id: 'a', name: 'first' })
    store.put('waba', 'a', { id: 'a', name: 'second' })
    store.put('waba', 'b', { id: 'b' })
    store.remove('waba', 'b')
    await store.flushed()
    const reader = new FileStore(path)
    expect([...reader.log('sent')]).toEqual(Array.from({ length: 100 }, (_, index) => ({ index })))
    expect(reader.all('waba')).toEqual([{ id: 'a', name: 'second' }])
    reader.close()
    store.close()
  })

  it('keeps fault rules in the order in which they were added', async () => {
    const path = aStateFile()
    const store = new FileStore(path)
    const faults = new Faults(store, () => 1)
    for (let code = 1; code <= 12; code += 1) faults.add({ effect: { kind: 'graph_error', code } })
    await store.flushed()
    const reader = new FileStore(path)
    expect(new Faults(reader, () => 1).all()).toEqual(faults.all())
    reader.close()
    store.close()
  })

  it('is complete after a clean end, also without waiting', () => {
    const path = aStateFile()
    const store = new FileStore(path)
    store.append('refused', { code: '1' })
    store.close()
    const reader = new FileStore(path)
    expect([...reader.log('refused')]).toEqual([{ code: '1' }])
    reader.clear()
    expect([...reader.log('refused')]).toEqual([])
    reader.close()
  })
})
