// Preloaded into a measured process: when it ends, it writes what it has used to the file that the environment names.
const { readFileSync, writeFileSync } = require('node:fs')

process.on('exit', () => {
  const { userCPUTime, systemCPUTime, maxRSS } = process.resourceUsage()
  const usage = { cpuMs: (userCPUTime + systemCPUTime) / 1000, peakMb: (ownPeakKb() ?? maxRSS) / 1024 }
  writeFileSync(process.env.CONVERGE_BENCH_USAGE, JSON.stringify(usage))
})

// A child starts with the peak of its parent in getrusage(2): on Linux the kernel's own count is asked instead.
function ownPeakKb() {
  if (process.platform !== 'linux') return undefined
  const peak = /^VmHWM:\s+(\d+) kB$/m.exec(readFileSync('/proc/self/status', 'utf8'))
  return peak === null ? undefined : Number(peak[1])
}
