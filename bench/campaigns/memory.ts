/** Memory and CPU time of other processes, as Linux tells them. */
import { existsSync, readFileSync } from 'node:fs'

const SAMPLE_EVERY_MS = 100
const MS_PER_TICK = 10

export interface MemoryWatch {
  /** Highest resident set of any of the processes since the start of the watch, in MB. */
  peakMb(): number
  stop(): void
}

export function watchMemory(pids: () => readonly number[]): MemoryWatch {
  let peak = 0
  const sample = (): void => {
    for (const pid of pids()) peak = Math.max(peak, residentMb(pid))
  }
  sample()
  const timer = setInterval(sample, SAMPLE_EVERY_MS)
  return {
    peakMb() {
      sample()
      return peak
    },
    stop: () => clearInterval(timer),
  }
}

/** 0 of a process that has ended. */
function residentMb(pid: number): number {
  const path = `/proc/${pid}/status`
  const [, kilobytes = '0'] = existsSync(path) ? (/^VmRSS:\s+(\d+)/m.exec(readFileSync(path, 'utf8')) ?? []) : []
  return Number(kilobytes) / 1024
}

/**
 * CPU time of this process and of all it started: the whole local world. Unlike the time it takes, it hardly depends on
 * what else the machine is doing.
 */
export function worldCpuMs(): number {
  const { user, system } = process.cpuUsage()
  const children = readFileSync(`/proc/self/task/${process.pid}/children`, 'utf8').trim().split(' ')
  return (user + system) / 1000 + children.reduce((sum, pid) => sum + cpuMs(Number(pid)), 0)
}

/** User and system time. */
export function cpuMs(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  const [user, system] = stat.slice(stat.lastIndexOf(')')).split(' ').slice(12, 14).map(Number)
  return ((user ?? 0) + (system ?? 0)) * MS_PER_TICK
}
