import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, dirname, join } from 'node:path'
import { CFB, utils, write } from 'xlsx'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { buildBundle, WORKERS, type BuiltFile } from '../../../local/build/bundle.ts'
import { heavyImports } from '../../../local/build/eager-imports.ts'
import { packageFiles } from '../../../local/build/package-files.ts'
import { zipOf } from '../../../local/build/zip.ts'
import { measureImport } from '../../../local/build/measure-import.ts'
import { SWAGGER_FILES } from '../../../shared/docs/assets.ts'
import { REPOSITORY } from '../../../local/stack/parts.ts'
import { startStack, type Stack } from '../../../local/stack/stack.ts'
import { aCollector, type Collector } from '../../support/collector.ts'

interface CfbFile {
  FullPaths: string[]
  FileIndex: { content: Uint8Array }[]
}

/** A quarter above what it takes today. */
const MOST_BYTES_AT_START = 1_700_000

describe('the bundle', () => {
  const folder = mkdtempSync(join(tmpdir(), 'herald-dist-'))
  let stack: Stack
  let built: BuiltFile[]
  let collector: Collector
  beforeAll(async () => {
    collector = await aCollector()
    built = await buildBundle(REPOSITORY, folder)
    const environment = { TELEMETRY: 'otlp', OTEL_EXPORTER_OTLP_ENDPOINT: collector.endpoint }
    stack = await startStack({ environment, entry: join(folder, 'index.cjs') })
  })
  afterAll(async () => {
    await stack.stop()
    await collector.close()
    rmSync(folder, { recursive: true, force: true })
  })

  it('is the functions with the parts that they load, one file for each worker thread and those of /docs', () => {
    const others = ['index.cjs', ...Object.keys(WORKERS).map((name) => `${name}.cjs`), ...SWAGGER_FILES]
    const parts = readdirSync(folder).filter((name) => !others.includes(name))
    expect(readdirSync(folder)).toEqual(expect.arrayContaining(others))
    const loaded = ['index.cjs', ...parts].flatMap(partsIn)
    expect([...new Set(loaded)].sort()).toEqual(parts.sort())
    for (const name of others.slice(0, 3)) expect(textOf(name), name).not.toContain('sourceMappingURL')
  })

  it('reads at a cold start no more than what registers the functions: other parts wait for the first request', () => {
    const read = built.filter(({ atStart }) => atStart)
    expect(read.map(({ path }) => basename(path))).toContain('index.cjs')
    expect(read.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThan(MOST_BYTES_AT_START)
    const waiting = built.filter(({ atStart }) => !atStart).map(({ path }) => basename(path))
    expect(waiting.filter((name) => name.startsWith('create-deps-'))).toHaveLength(1)
  })

  it('has every worker file that a source looks for beside it', () => {
    const asked = readdirSync(join(REPOSITORY, 'shared'), { recursive: true, encoding: 'utf8' })
      .filter((path) => path.endsWith('.ts'))
      .flatMap((path) => readFileSync(join(REPOSITORY, 'shared', path), 'utf8').match(/[\w-]+\.cjs(?=')/g) ?? [])
      .filter((name) => name !== '.cjs')
    expect(asked.length).toBeGreaterThan(0)
    for (const name of asked) expect(existsSync(join(folder, name)), name).toBe(true)
  })

  it('imports without loading anything heavy', async () => {
    // The budget is 300 ms on an idle machine; tests share theirs, and compiling takes a second thread.
    expect((await measureImport(join(folder, 'index.cjs'))).cpuMs).toBeLessThan(1_200)
  })

  it("answers Meta's handshake, signs a person up and reads a workbook, each through its own files", async () => {
    const token = stack.settings['META_VERIFY_TOKEN'] ?? ''
    const handshake = await fetch(
      `${stack.url}/webhook?hub.mode=subscribe&hub.verify_token=${token}&hub.challenge=1158201444`,
    )
    expect([handshake.status, await handshake.text()]).toEqual([200, '1158201444'])

    const account = { email: 'ada@example.com', password: 'countess of lovelace' }
    expect((await post('/api/auth/signup', account)).status).toBe(200)
    const { access_token } = (await (await post('/api/auth/signin', account)).json()) as { access_token: string }
    const made = await post('/api/workspaces', { name: 'Analytical Engines' }, access_token)
    const { id } = (await made.json()) as { id: string }
    const form = new FormData()
    form.set('file', new Blob([aWorkbook()]), 'contacts.xlsx')
    const imported = await fetch(`${stack.url}/api/contacts/import?workspace_id=${id}`, {
      method: 'POST',
      headers: { authorization: `Bearer ${access_token}` },
      body: form,
    })
    expect(await imported.json()).toMatchObject({ total_rows: 1, imported: 1 })
  })

  it('shows the API document with files of its own', async () => {
    const page = await (await fetch(`${stack.url}/docs`)).text()
    const addresses = [...page.matchAll(/(?:src|href)="([^"]+)"/g)].map(([, address]) => address ?? '')
    expect(addresses.length).toBe(SWAGGER_FILES.length + 1)
    for (const address of addresses) expect((await fetch(`${stack.url}${address}`)).status, address).toBe(200)
    expect(await (await fetch(`${stack.url}/openapi.json`)).json()).toMatchObject({ openapi: '3.1.0' })
  })

  it('is deployed as a zip file of at most 5 MB, without source maps, tests, packages or anything else', async () => {
    const zip = zipOf(await packageFiles(REPOSITORY, built))
    expect(zip.length).toBeLessThanOrEqual(5_000_000)
    // It comes without types. It reads zip files, too.
    const reader = CFB as { read(bytes: Buffer, options: { type: 'buffer' }): CfbFile }
    const { FullPaths, FileIndex } = reader.read(zip, { type: 'buffer' })
    const read = new Map(FullPaths.map((path, index) => [path.replace('Root Entry/', ''), FileIndex[index]?.content]))
    const names = [...read.keys()].filter((name) => name !== '' && !name.endsWith('/') && !name.startsWith('\u0001'))
    expect(names.sort()).toEqual(
      ['host.json', 'package.json', ...readdirSync(folder).map((name) => `dist/${name}`)].sort(),
    )
    const text = (name: string) => Buffer.from(read.get(name) ?? []).toString('utf8')
    expect(text('dist/index.cjs')).toBe(textOf('index.cjs'))
    expect(text('host.json')).toBe(readFileSync(join(REPOSITORY, 'host.json'), 'utf8'))
    expect(Object.keys(JSON.parse(text('package.json')) as object)).toEqual([
      'name',
      'version',
      'type',
      'main',
      'private',
    ])
    // The style sheet of Swagger UI names a map that is not there; it is taken as it comes.
    const mapped = names.filter((name) => name.endsWith('.cjs') && text(name).includes('sourceMappingURL'))
    expect(mapped).toEqual([])
  })

  it('is the same zip file each time', async () => {
    const files = await packageFiles(REPOSITORY, built)
    expect(zipOf(files).equals(zipOf(files))).toBe(true)
  })

  it('is what azd deploys too: .funcignore leaves out all else that may lie about, node_modules among it', async () => {
    const deployed = (await packageFiles(REPOSITORY, built)).map(({ name }) => name)
    const entries = readdirSync(REPOSITORY, { withFileTypes: true }).filter(({ name }) => name !== '.git')
    const lying = entries.flatMap((entry) =>
      entry.isFile() ? [entry.name] : ['file.ts', 'folder/file.cjs', '.hidden'].map((name) => `${entry.name}/${name}`),
    )
    const others = [
      'dist/index.cjs.map',
      'dist/folder/index.cjs',
      'local.settings.json',
      'herald.zip',
      '.env',
      '.azure/.env',
    ]
    const place = mkdtempSync(join(tmpdir(), 'herald-azd-'))
    for (const name of [...deployed, ...lying, ...others, 'node_modules/zod/index.cjs']) {
      mkdirSync(dirname(join(place, name)), { recursive: true })
      writeFileSync(join(place, name), '')
    }
    // The rules are git's.
    const exclude = join(REPOSITORY, '.funcignore')
    execFileSync('git', ['init', '--quiet', place])
    const list = ['-C', place, 'ls-files', '--others', `--exclude-from=${exclude}`]
    const left = execFileSync('git', list, { encoding: 'utf8' }).trim().split('\n')
    expect(left.sort()).toEqual(deployed.sort())
    rmSync(place, { recursive: true })
  })

  it('has OpenTelemetry in parts that only a host with telemetry loads, which tells what it did until it was stopped', async () => {
    const scripts = built.filter(({ path }) => path.endsWith('.cjs'))
    const telling = scripts.filter(({ path }) => textOf(basename(path)).includes('TraceIdRatioBasedSampler'))
    expect(telling.map(({ atStart }) => atStart)).not.toHaveLength(0)
    expect(telling.filter(({ atStart }) => atStart)).toEqual([])
    const [deps = ''] = scripts.map(({ path }) => basename(path)).filter((name) => name.startsWith('create-deps-'))
    const loadedByDeps = partsBehind(deps)
    expect(telling.filter(({ path }) => loadedByDeps.has(basename(path)))).toEqual([])
    await stack.stop()
    const names = collector.spans().map(({ name }) => name)
    expect(names).toEqual(expect.arrayContaining(['POST /api/auth/signup', 'cosmos create directory']))
  })

  /** Parts that it loads, at once or on demand. */
  function partsIn(name: string): string[] {
    return textOf(name).match(/(?<=require\("\.\/)[\w.-]+\.cjs(?="\))/g) ?? []
  }

  /** The part and all that can come with it. */
  function partsBehind(name: string): ReadonlySet<string> {
    const found = new Set([name])
    // A Set hands out what is added while it is read.
    for (const part of found) for (const next of partsIn(part)) found.add(next)
    return found
  }

  function textOf(name: string): string {
    return readFileSync(join(folder, name), 'utf8')
  }

  function post(path: string, body: object, token?: string): Promise<Response> {
    return fetch(`${stack.url}${path}`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...(token && { authorization: `Bearer ${token}` }) },
      body: JSON.stringify(body),
    })
  }
})

describe('what a cold start pays for', () => {
  const file = (...imports: [path: string, kind: 'import-statement' | 'dynamic-import'][]) => ({
    bytes: 1,
    imports: imports.map(([path, kind]) => ({ path, kind })),
  })
  const cosmos = 'node_modules/@azure/cosmos/dist/index.js'

  it('is told with the way that leads to it', () => {
    const inputs = {
      'functions/index.ts': file(['shared/a.ts', 'import-statement']),
      'shared/a.ts': file([cosmos, 'import-statement']),
      [cosmos]: file(),
    }
    expect(heavyImports({ inputs }, 'functions/index.ts')).toEqual([
      `@azure/cosmos is loaded at once: functions/index.ts → shared/a.ts → ${cosmos}`,
    ])
  })

  it('does not count what is imported where it is used, nor the functions library', () => {
    const functions = 'node_modules/@azure/functions/dist/index.js'
    const inputs = {
      'functions/index.ts': file(['shared/a.ts', 'dynamic-import'], [functions, 'import-statement']),
      'shared/a.ts': file([cosmos, 'import-statement']),
      [functions]: file(),
      [cosmos]: file(),
    }
    expect(heavyImports({ inputs }, 'functions/index.ts')).toEqual([])
  })
})

function aWorkbook(): Uint8Array<ArrayBuffer> {
  const book = utils.book_new()
  utils.book_append_sheet(
    book,
    utils.aoa_to_sheet([
      ['phone', 'name'],
      ['+49 171 3920012', 'Ada'],
    ]),
  )
  return new Uint8Array(write(book, { type: 'buffer', bookType: 'xlsx' }) as Buffer)
}
