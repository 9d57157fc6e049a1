/** What the browser runs to show the API document. A file of its own, because the page allows no script inside itself. */

export const START_SCRIPT = `
const folder = new URL('.', document.currentScript.src)
// Where this page is reached, which need not be where the document says that the API is: behind a tunnel, on a test slot.
const here = new URL('..', folder).href.replace(/\\/$/, '')

async function start() {
  const answer = await fetch(new URL('../openapi.json', folder))
  if (!answer.ok) throw new Error('openapi.json was answered ' + answer.status)
  const spec = await answer.json()
  const own = { url: here, description: 'Where this page is' }
  spec.servers = [own, ...spec.servers.filter(({ url }) => url !== here)]
  SwaggerUIBundle({
    spec,
    dom_id: '#docs',
    deepLinking: true,
    displayRequestDuration: true,
    filter: true,
    tryItOutEnabled: true,
    docExpansion: 'list',
    defaultModelsExpandDepth: 0,
    // Nothing here is sent to anybody else.
    validatorUrl: null,
  })
}

start().catch((error) => {
  document.getElementById('docs').textContent = 'The API document could not be shown: ' + error.message
})
`
