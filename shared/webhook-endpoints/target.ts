/**
 * Where an endpoint's URL leads. We resolve its name ourselves, judge every address it has, and hand over exactly those
 * that were judged: asking twice would let a name answer one thing to the judge and another to the connection.
 */
import { lookup, Resolver } from 'node:dns/promises'
import { isIP } from 'node:net'
import type { Config } from '../config.ts'
import { isOwnNetwork, isPublicAddress } from './public-address.ts'

export interface TargetAddress {
  address: string
  family: 4 | 6
}

/** `problem`: why nothing is sent there, in words for a person. */
export type Target = { url: URL; addresses: TargetAddress[] } | { problem: string }

export type FindTarget = (url: string) => Promise<Target>

const DNS_TIMEOUT_MS = 2_000
const DNS_TRIES = 2

/** `dnsServers`, as `address:port`: others than the machine's own. */
export function targetFinder({ webhooks }: Pick<Config, 'webhooks'>, dnsServers?: readonly string[]): FindTarget {
  const { allowPrivateTargets } = webhooks
  const isAllowed = (address: string) => isPublicAddress(address) || (allowPrivateTargets && isOwnNetwork(address))
  // A developer's names are in the hosts file, which DNS servers do not know; elsewhere such names must lead nowhere.
  const resolve = allowPrivateTargets && dnsServers === undefined ? resolveLocally : dnsResolver(dnsServers)
  return async (text) => {
    const url = URL.canParse(text) ? new URL(text) : undefined
    const problem = urlProblem(url, allowPrivateTargets)
    if (!url || problem !== undefined) return { problem: problem ?? '' }
    const host = url.hostname.replace(/^\[|\]$/g, '')
    const family = isIP(host)
    const addresses = family === 0 ? await resolve(host) : [addressOf(host)]
    if (addresses.length === 0) return { problem: 'The name of the host cannot be resolved' }
    // All of them: a name with one private address is no honest name.
    if (!addresses.every(({ address }) => isAllowed(address))) {
      return { problem: 'The host leads to an address that is not on the public internet' }
    }
    return { url, addresses }
  }
}

function urlProblem(url: URL | undefined, allowPrivateTargets: boolean): string | undefined {
  if (!url) return 'Input should be a URL such as https://example.com/hooks'
  if (url.protocol !== 'https:' && !(allowPrivateTargets && url.protocol === 'http:')) {
    return 'The URL should begin with https://'
  }
  if (url.username !== '' || url.password !== '') {
    return 'The URL should hold no user name or password: the signature says who sends'
  }
  return undefined
}

/** DNS alone: no hosts file, no search domains. */
function dnsResolver(servers: readonly string[] | undefined): (host: string) => Promise<TargetAddress[]> {
  const resolver = new Resolver({ timeout: DNS_TIMEOUT_MS, tries: DNS_TRIES })
  if (servers) resolver.setServers(servers)
  return async (host) => {
    const answers = await Promise.allSettled([resolver.resolve4(host), resolver.resolve6(host)])
    return answers.flatMap((answer) => (answer.status === 'fulfilled' ? answer.value.map(addressOf) : []))
  }
}

async function resolveLocally(host: string): Promise<TargetAddress[]> {
  try {
    return (await lookup(host, { all: true })).map(({ address }) => addressOf(address))
  } catch {
    return []
  }
}

function addressOf(address: string): TargetAddress {
  return { address, family: isIP(address) === 6 ? 6 : 4 }
}
