/**
 * App settings as the host reads them: environment variables, filled up from a local.settings.json, `%NAME%` in bindings,
 * and the connection a trigger names.
 */
import { readFile } from 'node:fs/promises'
import * as z from 'zod'

const LocalSettings = z.object({
  IsEncrypted: z.literal(false).default(false),
  Values: z.record(z.string(), z.string()).default({}),
})

/** Adds the file's values to the environment; what is already set there wins. */
export async function applyLocalSettings(path: string, environment: NodeJS.ProcessEnv): Promise<void> {
  const parsed = LocalSettings.safeParse(JSON.parse(await readFile(path, 'utf8')))
  if (!parsed.success) throw new Error(`${path} is not usable: ${z.prettifyError(parsed.error)}`)
  for (const [name, value] of Object.entries(parsed.data.Values)) environment[name] ??= value
}

/** Replaces `%NAME%` by the setting of that name, as bindings allow it for queue names and schedules. */
export function resolveSettings(text: string, environment: NodeJS.ProcessEnv): string {
  return text.replace(/%([^%]+)%/g, (whole, name: string) => {
    const value = environment[name]
    if (value === undefined) throw new Error(`The setting ${name}, named by "${whole}", is missing`)
    return value
  })
}

/**
 * The connection string that a trigger's `connection` names: the setting `AzureWebJobs<name>` or `<name>`.
 * Identity-based connections (`<name>__queueServiceUri` …) need Azure's token service, so they are refused with a hint.
 */
export function connectionString(name: string, environment: NodeJS.ProcessEnv): string {
  const value = environment[`AzureWebJobs${name}`] ?? environment[name]
  if (value !== undefined && value !== '') return value
  const identityBased = Object.keys(environment).find((key) => key.startsWith(`${name}__`))
  if (identityBased !== undefined) {
    throw new Error(
      `${identityBased} asks for an identity-based connection, which works only in Azure; set ${name} to a connection string here`,
    )
  }
  throw new Error(`The setting ${name} is missing: set it to a storage connection string`)
}
