/** Which addresses are on the public internet. Pure; anything that cannot be placed is not. */
import { BlockList, isIP } from 'node:net'

/** The registry of special-purpose addresses, and Azure's own platform address, which answers to any app in Azure. */
const NOT_PUBLIC_V4 = [
  '0.0.0.0/8',
  '10.0.0.0/8',
  '100.64.0.0/10',
  '127.0.0.0/8',
  '168.63.129.16/32',
  '169.254.0.0/16',
  '172.16.0.0/12',
  '192.0.0.0/24',
  '192.0.2.0/24',
  '192.31.196.0/24',
  '192.52.193.0/24',
  '192.88.99.0/24',
  '192.168.0.0/16',
  '192.175.48.0/24',
  '198.18.0.0/15',
  '198.51.100.0/24',
  '203.0.113.0/24',
  '224.0.0.0/4',
  '240.0.0.0/4',
]

/** What is handed out to anybody. All else (mapped, NAT64, link-local, unique local, multicast …) lies outside. */
const GLOBAL_V6 = ['2000::/3']

/** Inside of it: protocol assignments with Teredo and ORCHID, documentation, and 6to4, which leads to any IPv4 address. */
const NOT_PUBLIC_V6 = ['2001::/23', '2001:db8::/32', '2002::/16', '2620:4f:8000::/48', '3fff::/20']

/** Where a developer's own receivers are. */
const OWN_NETWORK = ['127.0.0.0/8', '10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16', '::1/128', 'fc00::/7']

const notPublicV4 = listOf(NOT_PUBLIC_V4)
const globalV6 = listOf(GLOBAL_V6)
const notPublicV6 = listOf(NOT_PUBLIC_V6)
const ownNetwork = listOf(OWN_NETWORK)

export function isPublicAddress(address: string): boolean {
  const family = isIP(address)
  if (family === 4) return !notPublicV4.check(address, 'ipv4')
  // A zone names an interface of this machine.
  if (family !== 6 || address.includes('%')) return false
  return globalV6.check(address, 'ipv6') && !notPublicV6.check(address, 'ipv6')
}

/** For development only. */
export function isOwnNetwork(address: string): boolean {
  const family = isIP(address)
  return family !== 0 && ownNetwork.check(address, family === 4 ? 'ipv4' : 'ipv6')
}

function listOf(ranges: readonly string[]): BlockList {
  const list = new BlockList()
  for (const range of ranges) {
    const [network = '', bits] = range.split('/')
    list.addSubnet(network, Number(bits), isIP(network) === 4 ? 'ipv4' : 'ipv6')
  }
  return list
}
