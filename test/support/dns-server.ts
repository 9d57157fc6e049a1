/** A DNS server over UDP that answers each question for A and AAAA as the test says, and counts what it is asked. */
import { createSocket } from 'node:dgram'
import { isIPv4 } from 'node:net'

export interface DnsServer {
  /** As `address:port`. */
  address: string
  /** Names that were asked for, once for each question about IPv4. */
  asked: string[]
  /** What `name` resolves to: one list, or one for each time it is asked, the last of them ever after. */
  resolves(name: string, ...answers: string[][]): void
  close(): Promise<void>
}

const A = 1
const AAAA = 28
const HEADER_BYTES = 12

export async function aDnsServer(): Promise<DnsServer> {
  const names = new Map<string, string[][]>()
  const turns = new Map<string, number>()
  const asked: string[] = []
  const socket = createSocket('udp4')
  socket.on('message', (query, from) => {
    const { name, type, end } = questionOf(query)
    const answers = names.get(name) ?? []
    const turn = Math.min(turns.get(`${name} ${type}`) ?? 0, answers.length - 1)
    turns.set(`${name} ${type}`, turn + 1)
    if (type === A) asked.push(name)
    const addresses = (answers[turn] ?? []).filter((address) => isIPv4(address) === (type === A))
    socket.send(answerTo(query.subarray(0, end), names.has(name), addresses), from.port, from.address)
  })
  await new Promise<void>((resolve) => socket.bind(0, '127.0.0.1', resolve))
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    resolves(name, ...answers) {
      names.set(name, answers)
      for (const type of [A, AAAA]) turns.delete(`${name} ${type}`)
    },
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  }
}

/** The first question, and where it ends. */
function questionOf(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = []
  let at = HEADER_BYTES
  for (let length = query.readUInt8(at); length > 0; length = query.readUInt8(at)) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 }
}

function answerTo(question: Buffer, exists: boolean, addresses: string[]): Buffer {
  const header = Buffer.from(question)
  // An answer, authoritative, with recursion; NXDOMAIN for names nobody knows.
  header.writeUInt16BE(0x8580 | (exists ? 0 : 3), 2)
  header.writeUInt16BE(addresses.length, 6)
  header.writeUInt16BE(0, 8)
  header.writeUInt16BE(0, 10)
  return Buffer.concat([header, ...addresses.map(recordOf)])
}

/** Of the name in the question, forgotten at once. */
function recordOf(address: string): Buffer {
  const data = bytesOf(address)
  const head = Buffer.alloc(12)
  head.writeUInt16BE(0xc000 | HEADER_BYTES, 0)
  head.writeUInt16BE(data.length === 4 ? A : AAAA, 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt16BE(data.length, 10)
  return Buffer.concat([head, data])
}

function bytesOf(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number))
  const [left = '', right = ''] = address.split('::')
  const groups = (text: string) => (text === '' ? [] : text.split(':'))
  const missing = 8 - groups(left).length - groups(right).length
  const all = [...groups(left), ...Array<string>(address.includes('::') ? missing : 0).fill('0'), ...groups(right)]
  return Buffer.from(all.map((group) => group.padStart(4, '0')).join(''), 'hex')
}
