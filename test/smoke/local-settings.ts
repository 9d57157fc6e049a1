/** local.settings.json as a person makes it: a copy of local.settings.example.json with the placeholders filled in. */
import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import * as z from 'zod'

const File = z.object({ IsEncrypted: z.literal(false), Values: z.record(z.string(), z.string()), Host: z.unknown() })

/** Throws where a placeholder is left. */
export async function localSettings(root: string, settings: Readonly<Record<string, string>>): Promise<string> {
  const file = File.parse(JSON.parse(await readFile(join(root, 'local.settings.example.json'), 'utf8')))
  const values = Object.fromEntries(
    Object.entries(file.Values).map(([name, value]) => [name, settings[name] ?? value] as const),
  )
  const left = Object.entries(values).filter(([, value]) => value.startsWith('<'))
  if (left.length > 0) throw new Error(`Nobody fills in ${left.map(([name]) => name).join(', ')}`)
  return `${JSON.stringify({ ...file, Values: values }, null, 2)}\n`
}
