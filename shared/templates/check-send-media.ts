/** The file or place in the header of a template message: exactly one, of the template's kind. */
import * as z from 'zod'
import type { ReportAt } from './check-send.ts'
import type { TemplateVariables } from './parameters.ts'
import type { SendComponent } from './render.ts'
import { isObject, typeOf, type Path, type SentComponent, type SentParameter } from './send-forms.ts'

const File = z
  .object({
    id: z.coerce.string().min(1).max(512).optional(),
    link: z
      .url({ protocol: /^https?$/ })
      .max(2000)
      .optional(),
    filename: z.string().min(1).max(240).optional(),
  })
  .refine(({ id, link }) => (id === undefined) !== (link === undefined), 'Give either id or link')

const degrees = (most: number) => z.coerce.number().min(-most).max(most)
const Place = z.object({
  latitude: degrees(90),
  longitude: degrees(180),
  name: z.string().optional(),
  address: z.string().optional(),
})

type Media = NonNullable<TemplateVariables['media']>

export function checkMedia(
  kind: Media,
  sent: SentComponent | undefined,
  path: Path,
  report: ReportAt,
): SendComponent | undefined {
  const [parameter] = sent?.parameters ?? []
  if (sent && parameter && sent.parameters.length === 1) {
    const media = readMedia(kind, parameter, report)
    return media && { type: 'header', parameters: [{ type: kind, [kind]: media }] }
  }
  const how = kind === 'location' ? '{"latitude":…,"longitude":…}' : '{"link":"https://…"} or {"id":"…"}'
  const msg = `The template's header takes one ${kind}: {"type":"${kind}","${kind}":${how}}`
  report(sent ? [...sent.path, 'parameters'] : path, msg)
  return undefined
}

function readMedia(kind: Media, { value, path }: SentParameter, report: ReportAt): Record<string, unknown> | undefined {
  const content = value[kind]
  const given = typeOf(value, kind)
  if (given !== kind || !isObject(content)) {
    report([...path, given === kind ? kind : 'type'], `The template's header takes a parameter of type ${kind}`)
    return undefined
  }
  const parsed = (kind === 'location' ? Place : File).safeParse(content)
  for (const { path: inside, message } of parsed.error?.issues ?? []) {
    report([...path, kind, ...inside.map(String)], message)
  }
  if (kind !== 'document' && content['filename'] !== undefined) {
    report([...path, kind, 'filename'], 'Only a document has a file name')
  }
  return parsed.data
}
