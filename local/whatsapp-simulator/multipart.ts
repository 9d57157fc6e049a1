/** multipart/form-data, read from a buffer: names, content types and the exact bytes of each part. */

export type Part = { name: string; filename: string | undefined; contentType: string | undefined; bytes: Buffer }

/** The parts, or undefined if the body is not what its header says. */
export function partsOf(contentType: string, body: Buffer): Part[] | undefined {
  const boundary = /boundary=(?:"([^"]+)"|([^;\s]+))/i.exec(contentType)
  const text = boundary?.[1] ?? boundary?.[2]
  if (text === undefined) return undefined
  const delimiter = Buffer.from(`--${text}`)
  const parts: Part[] = []
  let start = body.indexOf(delimiter)
  while (start >= 0) {
    const from = start + delimiter.length
    if (body.subarray(from, from + 2).toString() === '--') return parts
    const end = body.indexOf(delimiter, from)
    if (end < 0) return undefined
    const part = partOf(body.subarray(from + 2, end - 2))
    if (part) parts.push(part)
    start = end
  }
  return undefined
}

function partOf(bytes: Buffer): Part | undefined {
  const split = bytes.indexOf('\r\n\r\n')
  if (split < 0) return undefined
  const head = bytes.subarray(0, split).toString('utf8')
  const name = /name="([^"]*)"/i.exec(head)?.[1]
  if (name === undefined) return undefined
  return {
    name,
    filename: /filename="([^"]*)"/i.exec(head)?.[1],
    contentType: /^content-type:\s*(.+)$/im.exec(head)?.[1]?.trim(),
    bytes: bytes.subarray(split + 4),
  }
}
