/** The header that makes an answer a file to keep, under a name that somebody gave. */

const LONGEST = 100

/** RFC 6266: an ASCII name for old clients, and the name as it is. */
export function attachment(name: string, extension: string): string {
  const safe = `${safeName(name)}.${extension}`
  const ascii = safe.replace(/[^\x20-\x7e]/g, '_').replace(/["\\%]/g, '_')
  return `attachment; filename="${ascii}"; filename*=UTF-8''${percentEncoded(safe)}`
}

/** No path, no control character, nothing that a file system refuses. */
function safeName(name: string): string {
  const plain = Array.from(name.replace(/[\p{C}/\\:*?"<>|]+/gu, '_'))
  return (
    plain
      .slice(0, LONGEST)
      .join('')
      .replace(/^[.\s]+|[.\s]+$/g, '') || 'campaign'
  )
}

function percentEncoded(text: string): string {
  return encodeURIComponent(text).replace(/['()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`)
}
