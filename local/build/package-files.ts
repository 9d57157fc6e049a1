/** What is deployed: the built files, host.json, and of package.json what the Functions host reads. */
import { readFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import * as z from 'zod'
import type { BuiltFile } from './bundle.ts'
import type { ZipEntry } from './zip.ts'

const PackageJson = z.object({ name: z.string(), version: z.string(), type: z.string(), main: z.string() })

/** The bundle has every package in it: none is named, so that nothing is installed in Azure. */
export async function packageFiles(root: string, built: readonly BuiltFile[]): Promise<ZipEntry[]> {
  const manifest = PackageJson.parse(JSON.parse(await readFile(join(root, 'package.json'), 'utf8')))
  return [
    { name: 'host.json', bytes: await readFile(join(root, 'host.json')) },
    { name: 'package.json', bytes: Buffer.from(`${JSON.stringify({ ...manifest, private: true }, null, 2)}\n`) },
    ...(await Promise.all(
      built.map(async ({ path }) => ({ name: `dist/${basename(path)}`, bytes: await readFile(join(root, path)) })),
    )),
  ]
}
