/** What `npm start` says when everything is ready: where things are, how to connect a number, a first call to try. */
import { randomBytes } from 'node:crypto'
import { relative } from 'node:path'
import { LOG_FILE } from './state-folder.ts'
import type { Stack } from './stack.ts'

export interface WelcomeFacts {
  stack: Stack
  stateFolder: string
  seconds: number
  environment: NodeJS.ProcessEnv
}

export function welcome({ stack, stateFolder, seconds, environment }: WelcomeFacts): string {
  const fromHere = relative(process.cwd(), stateFolder)
  const folder = fromHere.startsWith('..') ? stateFolder : fromHere
  return [
    `Herald is ready (${seconds.toFixed(1)} s).`,
    section('Where', [
      ['API', address(stack)],
      ['WhatsApp simulator', stack.whatsapp ? `${stack.whatsapp.url} (control API below /_simulator/)` : 'given'],
      ['Cosmos DB emulator', stack.cosmosUrl ?? 'given'],
      ['Azurite', azurite(stack)],
      ['State', `${folder}/ (npm start -- --fresh forgets it)`],
      ['Log', `${folder}/${LOG_FILE}`],
    ]),
    section('To connect a phone number', connection(stack, environment)),
    `Try:\n  ${firstCall(stack)}`,
    'Ctrl-C stops everything; the next start goes on where this one stopped.',
  ].join('\n\n')
}

function address({ hosts }: Stack): string {
  return `http://localhost:${hosts[0]?.port ?? ''}`
}

function azurite({ storagePorts: ports }: Stack): string {
  if (!ports) return 'given'
  return `127.0.0.1, blobs on ${ports.blob}, queues on ${ports.queue}, tables on ${ports.table}`
}

function connection({ whatsapp, settings }: Stack, environment: NodeJS.ProcessEnv): [string, string][] {
  const simulated: [string, string][] = whatsapp
    ? [
        ['phone_number_id', whatsapp.phoneNumberId],
        ['business_id (WABA)', whatsapp.wabaId],
        ['access_token', whatsapp.accessToken],
      ]
    : []
  const made = ['META_APP_SECRET', 'META_VERIFY_TOKEN'].filter((name) => (environment[name] ?? '') === '')
  return [...simulated, ...made.map((name): [string, string] => [name, settings[name] ?? ''])]
}

function section(title: string, rows: [string, string][]): string {
  return [`${title}:`, ...rows.map(([name, value]) => `  ${name.padEnd(19)} ${value}`)].join('\n')
}

/** An address that no earlier try has used. */
function firstCall(stack: Stack): string {
  const body = {
    email: `ada-${randomBytes(3).toString('hex')}@example.com`,
    password: randomBytes(9).toString('base64url'),
  }
  return `curl ${address(stack)}/api/auth/signup -H 'content-type: application/json' -d '${JSON.stringify(body)}'`
}
