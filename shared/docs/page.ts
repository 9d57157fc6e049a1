/** The page at /docs. It may load and call nothing but this server. */
import { findAsset, START_SCRIPT_NAME } from './assets.ts'

export const PAGE_HEADERS = {
  'content-type': 'text/html; charset=utf-8',
  'cache-control': 'no-cache',
  'content-security-policy': [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self' 'unsafe-inline'",
    "img-src 'self' data:",
    "connect-src 'self'",
    "base-uri 'none'",
    "form-action 'none'",
    "frame-ancestors 'none'",
  ].join('; '),
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
}

/** `publicPath` is what stands before /docs where clients reach us: empty unless something in front adds a prefix. */
export async function docsPage(publicPath: string): Promise<string> {
  const [css, bundle, start, icon] = await Promise.all(
    ['swagger-ui.css', 'swagger-ui-bundle.js', START_SCRIPT_NAME, 'favicon-32x32.png'].map((name) =>
      addressOf(publicPath, name),
    ),
  )
  return `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8">
    <meta name="viewport" content="width=device-width, initial-scale=1">
    <title>Herald API</title>
    <link rel="icon" type="image/png" href="${icon}">
    <link rel="stylesheet" href="${css}">
  </head>
  <body>
    <div id="docs"></div>
    <script src="${bundle}"></script>
    <script src="${start}"></script>
  </body>
</html>
`
}

/** With the content's tag in it, so that it can be kept for ever. */
async function addressOf(publicPath: string, name: string): Promise<string> {
  const asset = await findAsset(name)
  if (!asset) throw new Error(`${name} is not in the package`)
  return `${publicPath}/docs/${name}?v=${versionOf(asset.etag)}`
}

export function versionOf(etag: string): string {
  return etag.replaceAll('"', '')
}
