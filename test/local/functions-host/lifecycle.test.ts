import { spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build } from 'esbuild'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { freePort, startHost, until, type HostProcess } from './support.ts'

const get = async (url: string) => {
  const answer = await fetch(url)
  return { status: answer.status, text: await answer.text() }
}

describe('hooks', () => {
  let host: HostProcess
  beforeAll(async () => {
    host = await startHost({ entry: 'hooks.ts' })
  })
  afterAll(() => host.stop())

  it('run before and after the handler, may replace it, and share their data', async () => {
    expect(await get(`${host.url}/replaced`)).toEqual({ status: 200, text: 'done' })
    await host.line(({ event, function: name }) => event === 'hook.post' && name === 'replaced')
    const events = host.lines.map(({ event }) => event).filter((event) => event?.startsWith('hook.') ?? false)
    expect(events).toEqual(['hook.start', 'hook.pre', 'hook.handler', 'hook.post'])
    expect(host.lines.find(({ event }) => event === 'hook.post')).toMatchObject({ data: { from: 'pre' } })
  })

  it('may change what is logged', async () => {
    await host.line(({ message }) => message === 'a *** word')
  })

  it('may refuse an invocation before it and mend its error after it', async () => {
    expect((await get(`${host.url}/refused`)).status).toBe(500)
    await host.line(({ ['error']: error }) => error === 'refused by a hook')
    expect(await get(`${host.url}/mended`)).toEqual({ status: 409, text: 'mended by a hook' })
  })
})

describe('stopping', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'lets running invocations finish on %s and runs the last hooks',
    async (signal) => {
      const host = await startHost({ entry: 'hooks.ts' })
      const answer = get(`${host.url}/slow/500`)
      await host.line(({ event }) => event === 'slow-began')
      const code = host.stop(signal)
      await host.line(({ event }) => event === 'host.stopping')
      await expect(fetch(`${host.url}/replaced`)).rejects.toThrow()
      expect(await answer).toEqual({ status: 200, text: 'finished' })
      expect(await code).toBe(0)
      expect(host.lines.slice(-2).map(({ event }) => event)).toEqual(['hook.terminate', 'host.stopped'])
    },
  )

  it('waits no longer than the grace time', async () => {
    const host = await startHost({ entry: 'hooks.ts', args: ['--grace-seconds', '1'] })
    const answer = fetch(`${host.url}/slow/60000`).catch((error: unknown) => error)
    await host.line(({ event }) => event === 'slow-began')
    expect(await host.stop()).toBe(0)
    expect(host.lines.map(({ event }) => event)).toContain('host.stopped-in-the-middle')
    expect(await answer).toBeInstanceOf(Error)
  })

  it('cuts hooks that take longer than Azure gives them', async () => {
    const host = await startHost({ entry: 'hooks.ts', env: { TERMINATE_MILLISECONDS: '60000' } })
    expect(await host.stop()).toBe(0)
    expect(host.lines.map(({ event }) => event)).toContain('host.terminate-hooks-cut')
  })

  it('ends at once on a second signal', async () => {
    const host = await startHost({ entry: 'hooks.ts' })
    void fetch(`${host.url}/slow/60000`).catch(() => undefined)
    await host.line(({ event }) => event === 'slow-began')
    const code = host.stop()
    await host.line(({ event }) => event === 'host.stopping')
    host.child.kill('SIGTERM')
    expect(await code).toBe(1)
  })

  it('ends with its parent when told to: on the closing of its input, and when the parent is killed', async () => {
    const host = await startHost({ entry: 'hooks.ts', args: ['--exit-with-parent'] })
    host.child.stdin!.end()
    await until(() => host.child.exitCode === 0, 'the host to end')
    const orphan = await orphanedHost()
    await until(() => !isAlive(orphan), 'the orphan to end')
  })
})

describe('the entry', () => {
  it('may be one CommonJS bundle with the library inside, as it is deployed', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'functions-host-'))
    await writeFile(join(folder, 'host.json'), '{"version":"2.0","extensions":{"http":{"routePrefix":"v1"}}}')
    await build({
      entryPoints: [join(import.meta.dirname, 'probes/http.ts')],
      outfile: join(folder, 'dist/index.cjs'),
      bundle: true,
      platform: 'node',
      format: 'cjs',
      external: ['@azure/functions-core'],
    })
    const host = await startHost({ entry: 'dist/index.cjs', root: folder })
    const seen = await get(`${host.url}/v1/echo/5`)
    expect(JSON.parse(seen.text)).toMatchObject({ functionName: 'echo', params: { id: '5' } })
    expect((await get(`${host.url}/echo/5`)).status).toBe(404)
    await host.stop()
    await rm(folder, { recursive: true })
  })

  describe('that cannot run', () => {
    let folder: string
    beforeAll(async () => {
      folder = await mkdtemp(join(tmpdir(), 'functions-host-'))
      await writeFile(join(folder, 'host.json'), '{"version":"2.0"}')
    })
    afterAll(() => rm(folder, { recursive: true }))

    const startWith = async (body: string) => {
      const library = JSON.stringify(import.meta.resolve('@azure/functions'))
      const code = `import functions from ${library}; const { app } = functions; const handler = () => undefined;`
      await writeFile(join(folder, 'app.mjs'), `${code}\n${body}`)
      return startHost({ entry: 'app.mjs', root: folder })
    }

    it.each([
      ['throws while it loads', `throw new Error('the setting X is missing')`, 'the setting X is missing'],
      ['registers nothing', ``, 'registered nothing'],
      ['gives a name twice', `app.get('a', handler); app.get('A', handler)`, 'already registered'],
      ['takes a route of the host', `app.get('a', { route: 'administrators', handler })`, 'built-in route'],
      ['uses a route form we do not know', `app.get('a', { route: 'x/{a}-{b}', handler })`, 'does not support'],
      ['uses a trigger we do not have', `app.cosmosDB('a', { handler })`, 'no cosmosDBTrigger'],
      ['has a schedule that never comes', `app.timer('a', { schedule: '0 0 0 30 2 *', handler })`, 'never fires'],
      [
        'names no storage',
        `app.storageQueue('a', { queueName: 'aaa', connection: 'Gone', handler })`,
        'setting Gone is missing',
      ],
    ])('and %s is refused with a sentence', async (_what, body, sentence) => {
      await expect(startWith(body)).rejects.toThrow(sentence)
    })

    it('or is not there is refused with a sentence', async () => {
      await expect(startHost({ entry: 'gone.ts', root: folder })).rejects.toThrow('There is no entry file')
    })
  })

  it('cannot be served on a port that is taken', async () => {
    const port = await freePort()
    const host = await startHost({ entry: 'empty.ts', args: ['--port', `${port}`] })
    const second = startHost({ entry: 'empty.ts', args: ['--port', `${port}`] })
    await expect(second).rejects.toThrow(`Port ${port} is already in use by another program`)
    await host.stop()
  })

  it('finds the settings of a local.settings.json, and those of the environment before them', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'functions-host-'))
    const file = join(folder, 'local.settings.json')
    await writeFile(
      file,
      JSON.stringify({ IsEncrypted: false, Values: { STREAM: 'off', FUNCTIONS_WORKER_RUNTIME: 'node' } }),
    )
    const [fromFile, fromEnvironment] = await Promise.all([
      startHost({ entry: 'http.ts', args: ['--settings', file] }),
      startHost({ entry: 'http.ts', args: ['--settings', file], env: { STREAM: 'on' } }),
    ])
    expect((await fetch(`${fromFile.url}/nothing`)).status).toBe(204)
    expect((await fetch(`${fromEnvironment.url}/nothing`)).status).toBe(500)
    await Promise.all([fromFile.stop(), fromEnvironment.stop(), rm(folder, { recursive: true })])
  })
})

/** Starts a host through a parent that does not hand it a pipe, kills that parent, and returns the host’s process id. */
async function orphanedHost(): Promise<number> {
  const main = join(import.meta.dirname, '../../../local/functions-host/main.ts')
  const root = join(import.meta.dirname, 'probes')
  const script = `
    const { spawn } = require('node:child_process')
    const parameters = [${JSON.stringify(main)}, '--root', ${JSON.stringify(root)}, '--entry', 'hooks.ts', '--port', '0', '--exit-with-parent']
    const child = spawn(process.execPath, parameters, { stdio: ['ignore', 'pipe', 'inherit'] })
    child.stdout.on('data', (text) => String(text).includes('ready') && console.log(child.pid))`
  const parent = spawn(process.execPath, ['-e', script], { stdio: ['ignore', 'pipe', 'inherit'] })
  const [pid] = (await parent.stdout.take(1).toArray()) as Buffer[]
  parent.kill('SIGKILL')
  return Number(pid)
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}
