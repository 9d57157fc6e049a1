/** The sample values that a template was submitted with: what its author had in mind for each variable. */
import type { Body, Button, Component, Header } from './components.ts'
import { templateParameters } from './parameters.ts'

/** In the order of `valueKeys`; the name of the variable where there is no sample. */
export function sampleValues(components: readonly Component[]): string[] {
  const { header, body, buttons, codeButton } = templateParameters(components)
  const inHeader = components.find((component) => component.type === 'HEADER')
  const inBody = components.find((component) => component.type === 'BODY')
  const all = components.find((component) => component.type === 'BUTTONS')?.buttons ?? []
  return [
    ...header.map((name, index) => headerSamples(inHeader)[index] ?? namedSample(inHeader, 'header', name) ?? name),
    ...body.map((name, index) => {
      if (codeButton !== undefined) return SAMPLE_CODE
      return inBody?.example?.body_text?.[0]?.[index] ?? namedSample(inBody, 'body', name) ?? name
    }),
    ...buttons.map(({ index, name }) => buttonSample(all[index]) ?? name),
  ]
}

/** Meta writes the text of a one-time code itself, and asks for no sample. */
const SAMPLE_CODE = '123456'

function headerSamples(header: Header | undefined): string[] {
  return header?.example?.header_text ?? []
}

function namedSample(part: Header | Body | undefined, of: 'header' | 'body', name: string): string | undefined {
  return part?.example?.[`${of}_text_named_params`]?.find((sample) => sample.param_name === name)?.example
}

/** The whole link is as good a sample at Meta as its end. */
function buttonSample(button: Button | undefined): string | undefined {
  const [sample] = [button?.example ?? []].flat()
  const [start = ''] = (button?.url ?? '').split('{{')
  return start !== '' && sample?.startsWith(start) ? sample.slice(start.length) : sample
}
